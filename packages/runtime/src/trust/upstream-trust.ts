/** Files of CAs that vouch for upstreams. */
import { X509Certificate } from "node:crypto";
import { inputName, readInput } from "../input-file.ts";
import { RuntimeError } from "../runtime-error.ts";

/** Limits of what is read. */
export const upstreamTrustLimits = {
  /** Bytes of a file. The bundles of browsers, with all CAs of the world, have a tenth of it. */
  maxFileBytes: 4_194_304,
} as const;

/** Reads certificates, PEM, one or more a file. @throws RuntimeError `upstream-ca-unusable` */
export function readUpstreamCa(paths: readonly string[]): Promise<string[]> {
  return Promise.all(
    paths.map(async (path) => {
      const pem = await readInput(path, upstreamTrustLimits.maxFileBytes).catch((cause: Error) => {
        throw new RuntimeError("upstream-ca-unusable", cause.message, { cause });
      });
      try {
        // A first look: a key, or an empty file, is better told now than at the first connection.
        new X509Certificate(pem);
        return pem;
      } catch (cause) {
        const message = `${inputName(path)} holds no certificate (PEM)`;
        throw new RuntimeError("upstream-ca-unusable", message, { cause });
      }
    }),
  );
}
