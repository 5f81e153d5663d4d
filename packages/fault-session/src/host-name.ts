/**
 * The host of an authority (`Host` header, `:authority`, CONNECT target): lower case, without port, without the
 * brackets of an IPv6 literal and without a trailing dot. Empty where there is none.
 */
export function hostOfAuthority(authority: string): string {
  const host = authority.startsWith("[")
    ? authority.slice(1, Math.max(1, authority.indexOf("]")))
    : (authority.split(":", 1)[0] ?? "");
  return host.toLowerCase().replace(/\.$/, "");
}
