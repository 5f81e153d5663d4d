import { extensionTypeNames } from "../gen/extension-types.ts";
import { isGrease } from "../grease.ts";

export { ExtensionType } from "../gen/extension-types.ts";

/**
 * The IANA name of an extension type, `GREASE` for reserved ones, undefined for any other number.
 *
 * @example `extensionTypeName(43)` is `"supported_versions"`.
 */
export function extensionTypeName(type: number): string | undefined {
  return extensionTypeNames[type] ?? (isGrease(type) ? "GREASE" : undefined);
}
