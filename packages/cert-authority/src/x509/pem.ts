/** DER as a PEM block of type CERTIFICATE (RFC 7468 §5), with a newline at the end. */
export function certificatePem(der: Uint8Array): string {
  const lines = Buffer.from(der.buffer, der.byteOffset, der.byteLength)
    .toString("base64")
    .replaceAll(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

/** The PEM blocks of type CERTIFICATE in a text, in order; other blocks and text between them are passed over. */
export const certificatePemBlocks = (text: string): string[] =>
  text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
