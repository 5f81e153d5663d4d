import { md5 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";

/** `hash` of Node's crypto module: 32 or 64 hex digits of the hash of an input. */
type NativeHash = (algorithm: "md5" | "sha256", input: string | Uint8Array) => string;

/** As much of Node's global as is used here; the package is compiled without Node's types. */
interface NodeGlobal {
  readonly process?: {
    readonly getBuiltinModule?: (name: "node:crypto") => { readonly hash?: NativeHash } | undefined;
  };
}

// Native hashes make a JA4 several times faster. Asked for at run time, because an import of node:crypto would keep
// the package out of browsers, where the portable hashes do the same.
const nativeHash = (globalThis as NodeGlobal).process?.getBuiltinModule?.("node:crypto")?.hash;

/** All 32 hex digits of the MD5 of a text in ASCII. A name for it, not a protection of it. */
export function md5Hex(text: string): string {
  try {
    if (nativeHash !== undefined) return nativeHash("md5", text);
  } catch {
    // OpenSSL in FIPS mode has no MD5.
  }
  return portableMd5Hex(text);
}

/** The first 12 hex digits of the SHA-256 of bytes. */
export function sha256Hex12(bytes: Uint8Array): string {
  return nativeHash === undefined ? portableSha256Hex12(bytes) : nativeHash("sha256", bytes).slice(0, 12);
}

/** What {@link md5Hex} gives, on any runtime. */
export function portableMd5Hex(text: string): string {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return hex(md5(bytes), 16);
}

/** What {@link sha256Hex12} gives, on any runtime. */
export function portableSha256Hex12(bytes: Uint8Array): string {
  return hex(sha256(bytes), 6);
}

function hex(bytes: Uint8Array, count: number): string {
  let text = "";
  for (let at = 0; at < count; at++) text += bytes[at]!.toString(16).padStart(2, "0");
  return text;
}
