// What idle tunnels cost: opaque ones in the plugin's table alone, 10,000 of them, and opaque and decrypted ones through
// the reference host, as the plugin's whole process feels them. `node --expose-gc bench/src/memory.mjs [through the host]`.

import { handshakeVectors } from "@faultwire/testkit/tls-vectors";
import { Tunnels } from "@faultwire/tunnel";
import { targetRuntime, untouchedRuntime } from "./support/plugin.mjs";
import { openReport, scaled } from "./support/report.mjs";
import { TunnelClient } from "./support/tunnel-client.mjs";
import { openRig } from "./support/tunnel-rig.mjs";

const inTable = scaled(10_000, 200);
const throughHost = Number(process.argv[2] ?? scaled(1000, 4));
const perBatch = 16;

const report = openReport("memory", {
  method: `bytes after a collection, less those before; ${inTable} tunnels in the table, ${throughHost} through the host, TLS 1.3 handshakes done, idle`,
});

/** A handshake's chunks go through a tunnel that is wrapped on both sides; every answer comes back as a write call. */
function carry(tunnels, id, chunks, clock) {
  for (const { from, bytes } of chunks) {
    const to = from === "client" ? "server" : "client";
    let echo;
    tunnels.handle({ id, side: from, kind: "read", chunk: Uint8Array.from(bytes) }, ({ action }) => {
      echo = action.value.modifiedChunk;
    });
    let released = false;
    if (echo === undefined) throw new Error("a read call was not answered at once");
    tunnels.handle({ id, side: to, kind: "write", chunk: echo }, () => {
      released = true;
    });
    if (!released) throw new Error("an echo was not answered at once");
    // Past the guard that follows the release of a partly filled write call.
    clock.ms += 1000;
  }
}

function inTableOf(policy, chunks) {
  const clock = { ms: 0 };
  const timers = { now: () => clock.ms, after: () => () => {} };
  const make = () =>
    new Tunnels({
      policy,
      timers,
      userAgent: "bench",
      registeredSides: () => ["client", "server"],
      maxTunnels: inTable,
      maxIdleMs: Number.MAX_SAFE_INTEGER,
    });
  carry(make(), "warm", chunks, clock);
  const tunnels = make();
  const memory = () => {
    globalThis.gc();
    globalThis.gc();
    return process.memoryUsage();
  };
  const before = memory();
  for (let index = 0; index < inTable; index++) carry(tunnels, crypto.randomUUID(), chunks, clock);
  const after = memory();
  if (tunnels.size !== inTable) throw new Error(`${tunnels.size} tunnels in the table`);
  return (after.heapUsed + after.external - before.heapUsed - before.external) / inTable;
}

const { chunks } = handshakeVectors().find(({ name }) => name === "tls13-full");
for (const [what, policy] of [
  ["not a target", untouchedRuntime().policy],
  ["a target, handshake followed", targetRuntime().policy],
])
  report.row({
    group: `${inTable} opaque tunnels in the table, each`,
    what,
    value: inTableOf(policy, chunks) / 1000,
    unit: "kB",
  });

const rig = await openRig();
for (const way of ["untouched", "followed", "decrypted"]) {
  const { plugin, target } = rig.lanes[way];
  // What is made once, for the first connection, is not a tunnel's.
  (await TunnelClient.open(target)).close();
  const before = await plugin.memory();
  const clients = [];
  while (clients.length < throughHost)
    clients.push(
      ...(await Promise.all(
        Array.from({ length: Math.min(perBatch, throughHost - clients.length) }, async () => {
          const client = await TunnelClient.open(target);
          await client.exchange(0, 16);
          return client;
        }),
      )),
    );
  const after = await plugin.memory();
  const each = (figure) => (after[figure] - before[figure]) / throughHost / 1000;
  const group = `${throughHost} ${way} tunnels through the host, each`;
  report.row({ group, what: "JavaScript heap", value: each("heapUsed"), unit: "kB" });
  report.row({
    group,
    what: "outside of it (Buffers, OpenSSL's objects)",
    value: each("external"),
    unit: "kB",
  });
  report.row({
    group,
    what: "resident",
    value: each("rss"),
    unit: "kB",
    note: `10,000 would be ${((each("rss") * 10_000) / 1000).toFixed(0)} MB`,
  });
  for (const client of clients) client.close();
}
await rig.check();
rig.close();
report.close();
