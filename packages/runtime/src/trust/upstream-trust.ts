/** Files of CAs that vouch for upstreams. */
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { RuntimeError, systemReason } from "../runtime-error.ts";

/** Reads certificates, PEM, one or more a file. @throws RuntimeError `upstream-ca-unusable` */
export function readUpstreamCa(paths: readonly string[]): Promise<string[]> {
  return Promise.all(
    paths.map(async (path) => {
      try {
        const pem = await readFile(path, "utf8");
        // A first look: a key, or an empty file, is better told now than at the first connection.
        new X509Certificate(pem);
        return pem;
      } catch (cause) {
        const { syscall } = cause as NodeJS.ErrnoException;
        const why =
          syscall === undefined ? "holds no certificate (PEM)" : `can't be read (${systemReason(cause)})`;
        throw new RuntimeError("upstream-ca-unusable", `${path} ${why}`, { cause });
      }
    }),
  );
}
