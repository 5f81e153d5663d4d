import asn1 from "node-forge/lib/asn1.js";

/**
 * One ASN.1 value before it is encoded: a TLV. Immutable, so that a node can stand in many certificates.
 *
 * node-forge makes these, but has no types of its own: what is published must not name any of it.
 */
export type DerNode = {
  readonly tagClass: number;
  readonly type: number;
  readonly constructed: boolean;
  /** A list for constructed types, else the content octets as a binary (latin1) string. */
  readonly value: string | readonly DerNode[];
};

/** The universal tags (X.680 §8.4) that certificates use. */
export const Tag = {
  boolean: 1,
  integer: 2,
  bitString: 3,
  octetString: 4,
  null: 5,
  oid: 6,
  utf8String: 12,
  sequence: 16,
  set: 17,
  printableString: 19,
  ia5String: 22,
  utcTime: 23,
  generalizedTime: 24,
  bmpString: 30,
} as const;

const { UNIVERSAL, CONTEXT_SPECIFIC } = asn1.Class;

const binary = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
const primitive = (tag: number, content: string): DerNode => asn1.create(UNIVERSAL, tag, false, content);

/** SEQUENCE, or SEQUENCE OF. */
export const sequence = (...items: readonly DerNode[]): DerNode =>
  asn1.create(UNIVERSAL, Tag.sequence, true, items);

/** SET OF, in the order that DER wants: by encoding (X.690 §11.6). */
export function setOf(...items: readonly DerNode[]): DerNode {
  const ordered =
    items.length < 2
      ? items
      : items
          .map((item) => ({ item, der: encode(item) }))
          .sort((a, b) => Buffer.compare(a.der, b.der))
          .map(({ item }) => item);
  return asn1.create(UNIVERSAL, Tag.set, true, ordered);
}

/** BOOLEAN; true is all ones in DER (X.690 §11.1). */
export const boolean = (value: boolean): DerNode => primitive(Tag.boolean, value ? "\xff" : "\0");

/** NULL. */
export const nullValue = (): DerNode => primitive(Tag.null, "");

/** INTEGER from an unsigned big-endian number; a sign octet is put before it where needed (X.690 §8.3). */
export function unsignedInteger(bytes: Uint8Array): DerNode {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const digits = binary(bytes.subarray(start));
  return primitive(Tag.integer, (bytes[start] ?? 0) >= 0x80 ? `\0${digits}` : digits || "\0");
}

/** INTEGER from a number of 0 to 2³² - 1. */
export const smallInteger = (value: number): DerNode => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return unsignedInteger(bytes);
};

/** OBJECT IDENTIFIER from its dotted form. */
export const oid = (dotted: string): DerNode => primitive(Tag.oid, asn1.oidToDer(dotted).bytes());

/** OCTET STRING. */
export const octetString = (bytes: Uint8Array): DerNode => primitive(Tag.octetString, binary(bytes));

/** BIT STRING; `unusedBits` of the last octet do not count (X.690 §8.6). */
export const bitString = (bytes: Uint8Array, unusedBits = 0): DerNode =>
  primitive(Tag.bitString, String.fromCharCode(unusedBits) + binary(bytes));

/** UTF8String. */
export const utf8String = (text: string): DerNode =>
  primitive(Tag.utf8String, binary(Buffer.from(text, "utf8")));

/** BMPString: UTF-16, big-endian; forge encodes its characters itself. */
export const bmpString = (text: string): DerNode => primitive(Tag.bmpString, text);

/** Time of a certificate: UTCTime through 2049, GeneralizedTime from 2050 (RFC 5280 §4.1.2.5). Whole seconds. */
export const time = (ms: number): DerNode => {
  const date = new Date(ms);
  return date.getUTCFullYear() < 2050
    ? primitive(Tag.utcTime, asn1.dateToUtcTime(date))
    : primitive(Tag.generalizedTime, asn1.dateToGeneralizedTime(date));
};

/** `[n] EXPLICIT`, or an implicitly tagged constructed type: both are a constructed context tag over items. */
export const contextConstructed = (n: number, ...items: readonly DerNode[]): DerNode =>
  asn1.create(CONTEXT_SPECIFIC, n, true, items);

/** `[n] IMPLICIT` over a primitive type. */
export const contextPrimitive = (n: number, content: Uint8Array): DerNode =>
  asn1.create(CONTEXT_SPECIFIC, n, false, binary(content));

/** The DER encoding of a node. */
export const encode = (node: DerNode): Buffer => Buffer.from(asn1.toDer(node).bytes(), "latin1");

/**
 * The node that DER bytes hold, all of them.
 *
 * @throws whatever node-forge throws on bytes that are no DER; callers give it a name and a place.
 */
export const decode = (der: Uint8Array): DerNode =>
  asn1.fromDer(binary(der), { strict: true, parseAllBytes: true, decodeBitStrings: false });

/** The items of a constructed node; none for a primitive one. */
export const itemsOf = (node: DerNode | undefined): readonly DerNode[] =>
  typeof node?.value === "object" ? node.value : [];

/** The content octets of a primitive node; none for a constructed one. */
export const contentOf = (node: DerNode | undefined): Buffer =>
  Buffer.from(typeof node?.value === "string" ? node.value : "", "latin1");

/** Whether a node has the context tag `[n]`. */
export const isContext = (node: DerNode, n: number): boolean =>
  node.tagClass === CONTEXT_SPECIFIC && node.type === n;

/** Whether a node has this universal tag. */
export const isUniversal = (node: DerNode | undefined, tag: number): boolean =>
  node?.tagClass === UNIVERSAL && node.type === tag;

/** The dotted form of an OBJECT IDENTIFIER; empty for any other node. */
export const oidOf = (node: DerNode | undefined): string =>
  isUniversal(node, Tag.oid) && typeof node?.value === "string" ? asn1.derToOid(node.value) : "";
