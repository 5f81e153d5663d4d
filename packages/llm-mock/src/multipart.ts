/** The parts of a form, `multipart/form-data` (RFC 7578). */
export interface FormPart {
  readonly name: string;
  readonly filename: string | undefined;
  readonly contentType: string | undefined;
  readonly bytes: Uint8Array;
}

/** How many parts a form may have: a file, and some fields. */
const maxParts = 100;

/**
 * Reads a whole form.
 *
 * @returns `undefined` for what is no form: another media type, no boundary, a part without a name, no end.
 */
export function readForm(contentType: string, body: Uint8Array): readonly FormPart[] | undefined {
  const [, quoted, plain] =
    /^multipart\/form-data\s*;.*?boundary=(?:"([^"]{1,200})"|([^\s;]{1,200}))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) return undefined;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const delimiter = `\r\n--${boundary}`;
  const parts: FormPart[] = [];
  // The first delimiter has no line break before it.
  let at = bytes.indexOf(`--${boundary}`);
  if (at < 0) return undefined;
  at += boundary.length + 2;
  while (bytes.toString("latin1", at, at + 2) === "\r\n" && parts.length < maxParts) {
    const end = bytes.indexOf(delimiter, at);
    const part = end < 0 ? undefined : readPart(bytes.subarray(at, end));
    if (!part) return undefined;
    parts.push(part);
    at = end + delimiter.length;
  }
  return bytes.toString("latin1", at, at + 2) === "--" ? parts : undefined;
}

function readPart(bytes: Buffer): FormPart | undefined {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd < 0) return undefined;
  const head = bytes.toString("utf8", 0, headEnd);
  const disposition = /^content-disposition:(.*)$/im.exec(head)?.[1] ?? "";
  const parameter = (name: string): string | undefined =>
    new RegExp(`[;\\s]${name}="((?:[^"\\\\]|\\\\.)*)"`, "i").exec(disposition)?.[1];
  const name = parameter("name");
  if (name === undefined) return undefined;
  return {
    name,
    filename: parameter("filename"),
    contentType: /^content-type:\s*([^\r\n]+)/im.exec(head)?.[1]?.trim(),
    bytes: bytes.subarray(headEnd + 4),
  };
}
