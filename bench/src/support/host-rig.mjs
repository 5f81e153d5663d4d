// One HTTPS origin, and for each contender a host of its own with its plugin: each a process of its own. The host is the
// Fault proxy itself; a quick run, which only shows that everything works, does with the reference host.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { startChild } from "./child.mjs";
import { buildGoPlugin, startGoPlugin } from "./go-plugin.mjs";
import { cpuMsOf } from "./processes.mjs";
import { faultBinary, startRealHost } from "./real-host.mjs";
import { isQuick } from "./report.mjs";
import { TunnelClient } from "./tunnel-client.mjs";

const here = (file) => new URL(file, import.meta.url);
const both = ["server", "client"];
const settlesWithinMs = 60_000;

/** What stands between the same client and the same origin. */
const contenders = [
  { name: "no plugin", isQuick: true },
  { name: "Go, both sides", go: both },
  { name: "Go, server side", go: ["server"] },
  // With --upstream '*' hosts that are no targets meet the plugin, too.
  { name: "no target, both sides", way: "untouched", sides: both },
  { name: "opaque, both sides", way: "followed", sides: both, isQuick: true },
  { name: "opaque, server side", way: "followed", sides: ["server"] },
  { name: "opened 1.3, both sides", way: "decrypted", sides: both, isQuick: true },
  { name: "opened 1.2, both sides", way: "decrypted", sides: both, version: "TLSv1.2" },
];

/**
 * Starts all of it.
 *
 * @param without - Names of what is left out: `fault` for the reference host, `go` for the Go plugin.
 * @param against - Another checkout, built, whose plugin takes part as well; empty for none.
 */
export async function openHostRig({ without, against, only }) {
  const isReal = !without.includes("fault") && !isQuick;
  const hasGo = !without.includes("go") && !isQuick;
  // Told before anything is started: a run that can't measure what it is for must not look like one that did.
  if (isReal) faultBinary();
  const scratch = mkdtempSync(join(tmpdir(), "faultwire-bench-"));
  if (hasGo) buildGoPlugin(join(scratch, "go-plugin"));
  const origin = await startChild(here("./origin.mjs"));
  const caFile = join(scratch, "origin-ca.pem");
  writeFileSync(caFile, origin.ready.ca);
  const authority = isReal ? `127.0.0.1:${origin.ready.port}` : undefined;

  const before = against
    ? contenders
        .filter(({ way, sides }) => way !== undefined && sides === both)
        .map((each) => ({ ...each, name: `before: ${each.name}`, checkout: against }))
    : [];
  const wanted = [...contenders, ...before]
    .filter(({ go }) => hasGo || go === undefined)
    .filter((each) => !isQuick || each.isQuick)
    .filter(({ name }) => only.length === 0 || only.some((word) => name.includes(word)));
  const lanes = {};
  for (const { name, go, way, sides, version, checkout } of wanted) {
    const file = checkout
      ? pathToFileURL(join(checkout, "bench/src/support/plugin-process.mjs"))
      : here("./plugin-process.mjs");
    const ours = way && (await startChild(file, way, caFile, ...sides));
    const plugin = go
      ? await startGoPlugin(scratch, go)
      : ours && { ...ours, calls: () => ours.ask("calls") };
    const urls = plugin?.ready.urls ?? [];
    const host = isReal
      ? await startRealHost(urls, scratch)
      : await startChild(here("./host.mjs"), String(origin.ready.port), ...urls);
    const ca = way === "decrypted" ? plugin.ready.ca : origin.ready.ca;
    const target = { proxyPort: host.ready.port, ca, authority, version };
    // A plugin that lets everything pass loses bytes in write calls, which ends TLS: it carries plain bytes.
    const raw = go && { proxyPort: host.ready.port, authority: `127.0.0.1:${origin.ready.rawPort}` };
    lanes[name] = { plugin, host, target, raw, hostCpuMs: () => cpuMsOf(host.pid) };
    await settled(name, lanes[name]);
  }
  return {
    lanes,
    isReal,
    hasGo,
    /** Plain bytes that the origin has taken so far. */
    taken: () => origin.ask("taken"),
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

/** The real host listens before its plugins are in place: until they are asked, tunnels pass them by. */
async function settled(name, { plugin, target }) {
  const deadline = performance.now() + settlesWithinMs;
  for (let failure; ; await pause(100)) {
    const client = await TunnelClient.open(target).catch((error) => {
      failure = error;
    });
    await client?.exchange(0, 16).catch(() => {});
    client?.close();
    const calls = Object.values((await plugin?.calls()) ?? { none: 1 });
    if (client && Math.max(...calls) > 0) return;
    if (performance.now() > deadline)
      throw new Error(`${name}: no tunnel met its plugin`, { cause: failure });
  }
}
