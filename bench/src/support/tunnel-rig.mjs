// One origin, and for each case a reference host with a plugin that treats its tunnels in that way: each a process.
import { startChild } from "./child.mjs";

/** What can become of a tunnel. */
export const ways = {
  direct: "no plugin",
  untouched: "pass-through: not a target",
  followed: "opaque: a target, its handshake followed, nothing fails",
  decrypted: "decrypted: HTTPS opened and closed again, nothing fails",
};

/** Why a way can't be measured, by way. */
export const missing = {
  decrypted: "the plugin server has no option for it yet",
};

/** Starts what is needed for these ways; `close()` ends it. */
export async function openRig(wanted = Object.keys(ways)) {
  const start = (file, ...args) => startChild(new URL(file, import.meta.url), ...args);
  const origin = await start("./origin.mjs");
  const lanes = {};
  for (const way of wanted) {
    if (missing[way] !== undefined) continue;
    const plugin = way === "direct" ? undefined : await start("./plugin-process.mjs", way);
    const host = await start("./host.mjs", String(origin.ready.port), ...(plugin?.ready.urls ?? []));
    lanes[way] = { plugin, host, target: { proxyPort: host.ready.port, ca: origin.ready.ca } };
  }
  return {
    origin,
    lanes,
    /** Throws when a tunnel was not carried as it has to be. */
    async check() {
      for (const [way, { plugin }] of Object.entries(lanes)) {
        if (!plugin) continue;
        const { broken } = await plugin.ask("trouble");
        if (broken > 0) throw new Error(`${way}: ${broken} tunnels were unpaired or did not match`);
      }
    },
    close() {
      for (const { plugin, host } of Object.values(lanes)) {
        host.stop();
        plugin?.stop();
      }
      origin.stop();
    },
  };
}
