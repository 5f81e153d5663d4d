/**
 * The host of an authority (`Host` header, `:authority`, CONNECT target, a server name in TLS): lower case, without
 * port, without the brackets of an IPv6 literal and without a trailing dot. Empty where there is none. An IPv6 literal
 * without brackets, which no RFC allows and some clients send, is a host without a port.
 *
 * @example
 * ```ts
 * hostOfAuthority("API.example:443"); // "api.example"
 * ```
 */
export function hostOfAuthority(authority: string): string {
  return withoutPort(authority).toLowerCase().replace(/\.$/, "");
}

function withoutPort(authority: string): string {
  if (authority.startsWith("[")) return authority.slice(1, Math.max(1, authority.indexOf("]")));
  const colon = authority.indexOf(":");
  const isAddress = colon !== authority.lastIndexOf(":");
  return colon < 0 || isAddress ? authority : authority.slice(0, colon);
}
