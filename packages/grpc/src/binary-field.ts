/** Values of fields whose name ends in `-bin`: base64 (PROTOCOL-HTTP2, "Binary-Header"; RFC 4648 section 4). */

// Every host has them (HTML Standard section 8.3).
declare const btoa: (binary: string) => string;
declare const atob: (text: string) => string;

/** Encodes without padding, as implementations should. */
export function encodeBinaryField(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replace(/(?<!=)=+$/, "");
}

/** Decodes with or without padding, as implementations must. @returns `undefined` for what is no base64. */
export function decodeBinaryField(text: string): Uint8Array | undefined {
  const bare = text.trim().replace(/(?<!=)=+$/, "");
  if (!/^[A-Za-z0-9+/]*$/.test(bare) || bare.length % 4 === 1) return undefined;
  return Uint8Array.from(atob(bare), (letter) => letter.charCodeAt(0));
}
