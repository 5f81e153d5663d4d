/** Every limit of this package, with its default and its reason. */
export const certificateAuthorityLimits = {
  /** How long a root is valid, in days: not in the way for two years, and a forgotten one dies. */
  rootDays: 730,
  /** How long a leaf can be valid, in days. Apple's platforms take 398 at most; a day less allows for how they count. */
  maxLeafDays: 397,
  /** How long a leaf is valid when nobody says, in days: longer than any test runs, and no reason to keep one. */
  leafDays: 90,
  /** How long new leaves share a key, in hours: what one memory dump opens stays small. */
  leafKeyHours: 24,
  /** Leaves kept, about 3 kB each. More hosts than this is a flood of made-up names in ClientHellos. */
  cachedLeaves: 10_000,
  /** OpenSSL contexts kept, about 30 kB each: as many hosts as are in use at the same moment. */
  secureContexts: 500,
  /** Characters of a host before anything looks at it; an SNI can hold 65,535 octets of anything. */
  hostCharacters: 1024,
  /** Octets of a certificate, key or bundle file; a wrong path may name a disk. */
  fileBytes: 4_194_304,
  /** Certificates of retired CAs kept, about 1 kB each: nobody takes more out of trust stores; a loop makes more. */
  retiredCertificates: 100,
  /** How long a CA may take to be written, in ms. A folder that is older was left by a process that is gone. */
  prepareMs: 60_000,
  /** How often a CA is written anew because another process was faster, each time a different one. */
  storeAttempts: 100,
} as const;
