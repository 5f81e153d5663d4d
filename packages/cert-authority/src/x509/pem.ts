/** DER as a PEM block of type CERTIFICATE (RFC 7468 §5), with a newline at the end. */
export function certificatePem(der: Uint8Array): string {
  const lines = Buffer.from(der.buffer, der.byteOffset, der.byteLength)
    .toString("base64")
    .replaceAll(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

const begin = "-----BEGIN CERTIFICATE-----";
const end = "-----END CERTIFICATE-----";

/** The PEM blocks of type CERTIFICATE in a text, in order; other blocks and text between them are passed over. */
export function certificatePemBlocks(text: string): string[] {
  const blocks: string[] = [];
  for (let from = text.indexOf(begin); from !== -1; ) {
    const to = text.indexOf(end, from);
    if (to === -1) break;
    blocks.push(text.slice(from, to + end.length));
    from = text.indexOf(begin, to);
  }
  return blocks;
}
