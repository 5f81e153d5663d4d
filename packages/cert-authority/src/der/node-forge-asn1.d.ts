// The part of node-forge that this package loads, and all of it that it uses. The whole of node-forge takes sixty
// milliseconds to load and brings a TLS stack and RSA in JavaScript; its ASN.1 alone takes five.
declare module "node-forge/lib/asn1.js" {
  type ForgeNode = import("./der.ts").DerNode;
  interface ForgeBytes {
    bytes(): string;
  }
  interface ForgeAsn1 {
    readonly Class: { readonly UNIVERSAL: number; readonly CONTEXT_SPECIFIC: number };
    create(
      tagClass: number,
      type: number,
      constructed: boolean,
      value: string | readonly ForgeNode[],
    ): ForgeNode;
    toDer(node: ForgeNode): ForgeBytes;
    fromDer(
      bytes: string,
      options: { strict: boolean; parseAllBytes: boolean; decodeBitStrings: boolean },
    ): ForgeNode;
    oidToDer(oid: string): ForgeBytes;
    derToOid(bytes: string): string;
    dateToUtcTime(date: Date): string;
    dateToGeneralizedTime(date: Date): string;
  }
  const asn1: ForgeAsn1;
  export default asn1;
}
