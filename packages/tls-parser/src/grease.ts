/**
 * Whether a 16-bit value (cipher suite, extension type, group, signature scheme, version) is one of the sixteen
 * that RFC 8701 section 2 reserves to keep peers tolerant: 0x0a0a, 0x1a1a … 0xfafa.
 *
 * @example `isGrease(0x2a2a)` is true, `isGrease(0x1301)` false.
 */
export function isGrease(value: number): boolean {
  return (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff);
}

/**
 * Whether an 8-bit `PskKeyExchangeMode` is one of the eight that RFC 8701 section 2 reserves: 0x0b, 0x2a … 0xe4.
 *
 * @example `isGreasePskMode(0x2a)` is true, `isGreasePskMode(1)` false.
 */
export function isGreasePskMode(mode: number): boolean {
  return mode % 31 === 11;
}

/**
 * Whether an ALPN protocol name is one of the sixteen two-byte names that RFC 8701 section 2 reserves.
 *
 * @example `isGreaseAlpn("\x0a\x0a")` is true, `isGreaseAlpn("h2")` false.
 */
export function isGreaseAlpn(protocol: string): boolean {
  return protocol.length === 2 && isGrease((protocol.charCodeAt(0) << 8) | protocol.charCodeAt(1));
}
