// One origin, and for each way a reference host with a plugin that treats its tunnels so: each a process of its own.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startChild } from "./child.mjs";

/** What can become of a tunnel. */
export const ways = {
  direct: "no plugin",
  untouched: "pass-through: not a target",
  followed: "opaque: a target, its handshake followed, nothing fails",
  decrypted: "decrypted: HTTPS opened and closed again, nothing fails",
};

/** Starts what is needed for all ways; `close()` ends it. */
export async function openRig() {
  const scratch = mkdtempSync(join(tmpdir(), "faultwire-bench-"));
  const start = (file, ...args) => startChild(new URL(file, import.meta.url), ...args);
  const origin = await start("./origin.mjs");
  const caFile = join(scratch, "origin-ca.pem");
  writeFileSync(caFile, origin.ready.ca);
  const lanes = {};
  for (const way of Object.keys(ways)) {
    const plugin = way === "direct" ? undefined : await start("./plugin-process.mjs", way, caFile);
    const host = await start("./host.mjs", String(origin.ready.port), ...(plugin?.ready.urls ?? []));
    const ca = way === "decrypted" ? plugin.ready.ca : origin.ready.ca;
    lanes[way] = { plugin, host, target: { proxyPort: host.ready.port, ca } };
  }
  return {
    lanes,
    /** Throws when tunnels were not carried as they have to be. */
    async check() {
      for (const [way, { plugin }] of Object.entries(lanes)) {
        const { unpaired = 0, mismatch = 0 } = (await plugin?.ask("counts")) ?? {};
        if (unpaired + mismatch > 0)
          throw new Error(`${way}: ${unpaired} tunnels unpaired, ${mismatch} did not match`);
      }
    },
    close() {
      for (const { plugin, host } of Object.values(lanes)) {
        host.stop();
        plugin?.stop();
      }
      origin.stop();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}
