/** Types of records (`ContentType`, RFC 8446 section 5.1; heartbeat from RFC 6520). */
export const ContentType = {
  changeCipherSpec: 20,
  alert: 21,
  handshake: 22,
  applicationData: 23,
  heartbeat: 24,
} as const;

/** The name of a key of {@link ContentType}. */
export type ContentTypeName = keyof typeof ContentType;

const names: readonly ContentTypeName[] = [
  "changeCipherSpec",
  "alert",
  "handshake",
  "applicationData",
  "heartbeat",
];

/**
 * The name of a content type, undefined for a number that has none.
 *
 * @example `contentTypeName(23)` is `"applicationData"`.
 */
export function contentTypeName(type: number): ContentTypeName | undefined {
  return names[type - ContentType.changeCipherSpec];
}
