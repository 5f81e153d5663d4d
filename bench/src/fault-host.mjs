// The plugin in the Fault proxy itself: MB/s, CPU and calls a MB, and how long messages take, beside no plugin and beside a
// plugin in Go that lets everything pass. Needs the binary (FAULT_BIN, or `fault` on the PATH), `go` and Linux; `--without
// fault` measures through the reference host, `--without go` leaves that peer out. `--against CHECKOUT` has the plugin of
// another checkout take part. `node bench/src/fault-host.mjs [rounds [CONTENDER …]]`.
import { setTimeout as pause } from "node:timers/promises";
import { openHostRig } from "./support/host-rig.mjs";
import { firstRound, median, openReport, scaled } from "./support/report.mjs";
import { openTunnel, TunnelClient } from "./support/tunnel-client.mjs";

const rounds = Number(process.argv[2] ?? scaled(5, 1));
const roundMs = scaled(1000, 20);
const tunnelCounts = [1, scaled(16, 2)];
/** Bytes of one exchange: on many tunnels less, so that each ends in time. */
const exchangeBytesOf = (tunnels) => scaled(tunnels === 1 ? 1 << 20 : 1 << 17, 1 << 15);
/** A message and its answer: this long in one direction, and as short as can be in the other. */
const messageBytes = scaled([1_000, 4_300, 6_000, 12_000, 20_000], [1_000]);
const messages = scaled(9, 2);
/** A receiver whose tunnel is idle delays its acknowledgements again. */
const messagePauseMs = 15;

const block = Buffer.alloc(65_536, 7);

const list = (text) => (text ?? "").split(",").filter(Boolean);
const rig = await openHostRig({
  without: list(process.env.FAULTWIRE_BENCH_WITHOUT),
  against: process.env.FAULTWIRE_BENCH_AGAINST ?? "",
  only: process.argv.slice(3),
});
const host = rig.isReal ? "fault 0.20.24" : "the reference host";
const report = openReport("fault-host", {
  method: `TLS through ${host}; ${rounds} rounds, every contender once a round for ${roundMs} ms; medians, ratios of the same round`,
  versions: rig.hasGo ? ["grpc-go 1.76.0"] : [],
});
if (!rig.hasGo) report.skip("the plugin in Go", "left out");

const found = {};
const broken = {};
const note = (name, figure, value) => {
  found[name] ??= {};
  found[name][figure] ??= [];
  found[name][figure].push(value);
};

/** What a contender loses ends an exchange: counted, and the next tunnel is opened. */
async function exchange(name, tunnel, up, down) {
  try {
    tunnel.client ??= await TunnelClient.open(tunnel.target);
    await tunnel.client.exchange(up, down);
    return true;
  } catch {
    broken[name] = (broken[name] ?? 0) + 1;
    tunnel.client?.close();
    tunnel.client = undefined;
    return false;
  }
}

/** Exchanges on every tunnel until the time is over. @returns the bytes that got through. */
async function exchangeAll(name, { target }, tunnels, direction) {
  const size = exchangeBytesOf(tunnels);
  const open = Array.from({ length: tunnels }, () => ({ target }));
  await Promise.all(open.map((tunnel) => exchange(name, tunnel, 0, 16)));
  return async () => {
    const start = performance.now();
    let bytes = 0;
    await Promise.all(
      open.map(async (tunnel) => {
        do {
          const whole = await exchange(name, tunnel, ...(direction === "up" ? [size, 0] : [0, size]));
          if (whole) bytes += size;
        } while (performance.now() - start < roundMs);
      }),
    );
    for (const { client } of open) client?.close();
    return bytes;
  };
}

/** Plain bytes on every tunnel for the time. @returns how many arrived. */
async function pumpAll({ raw }, tunnels, direction) {
  const sockets = await Promise.all(
    Array.from({ length: tunnels }, () => openTunnel(raw.proxyPort, raw.authority)),
  );
  return async () => {
    let bytes = 0;
    const before = await rig.taken();
    for (const socket of sockets) {
      socket.on("error", () => {});
      socket.on("data", (chunk) => {
        bytes += chunk.length;
      });
      socket.write(direction === "up" ? "u" : "d");
      if (direction === "down") continue;
      const pump = () => {
        while (!socket.destroyed && socket.write(block));
      };
      socket.on("drain", pump);
      pump();
    }
    await pause(roundMs);
    const arrived = direction === "up" ? (await rig.taken()) - before : bytes;
    for (const socket of sockets) socket.destroy();
    return arrived;
  };
}

/** Waits until a host has let go of what it still had of tunnels that are gone. */
async function rest({ plugin }) {
  const countOf = async () =>
    Object.values((await plugin?.calls()) ?? {}).reduce((sum, count) => sum + count, 0);
  for (let before = -1, turn = 0; turn < 40; turn++) {
    const now = await countOf();
    if (now === before) return;
    before = now;
    await pause(250);
  }
}

async function throughput(name, lane, tunnels, direction) {
  const { plugin, hostCpuMs } = lane;
  await rest(lane);
  const move = lane.raw
    ? await pumpAll(lane, tunnels, direction)
    : await exchangeAll(name, lane, tunnels, direction);
  const cpuBefore = (await plugin?.cpuMs()) ?? 0;
  const hostBefore = hostCpuMs();
  const callsBefore = (await plugin?.calls()) ?? {};
  const start = performance.now();
  const mb = (await move()) / 1e6;
  const seconds = (performance.now() - start) / 1000;
  const cpu = ((await plugin?.cpuMs()) ?? 0) - cpuBefore;
  const hostCpu = hostCpuMs() - hostBefore;
  const calls = (await plugin?.calls()) ?? {};
  if (mb === 0) return undefined;
  const perMb = Object.entries(calls).map(([what, count]) => [what, (count - (callsBefore[what] ?? 0)) / mb]);
  return { rate: mb / seconds, cpu: cpu / mb, hostCpu: hostCpu / mb, calls: perMb };
}

async function messageMs(name, { target }, up, down) {
  const tunnel = { target };
  // The first exchanges of a connection are acknowledged at once.
  for (let warm = 0; warm < scaled(8, 1); warm++) await exchange(name, tunnel, up, down);
  const times = [];
  for (let message = 0; message < messages; message++) {
    await pause(messagePauseMs);
    const start = performance.now();
    if (await exchange(name, tunnel, up, down)) times.push(performance.now() - start);
  }
  tunnel.client?.close();
  return times.length > 0 ? median(times) : undefined;
}

const groupOf = (tunnels, direction) => `${tunnels} tunnel${tunnels === 1 ? "" : "s"}, ${direction}`;
for (let round = firstRound; round <= rounds; round++)
  for (const [name, lane] of Object.entries(rig.lanes)) {
    for (const tunnels of tunnelCounts)
      for (const direction of ["down", "up"]) {
        const got = await throughput(name, lane, tunnels, direction);
        if (round === 0 || !got) continue;
        const group = groupOf(tunnels, direction);
        note(name, group, got.rate);
        note(name, `${group} cpu`, got.cpu);
        note(name, `${group} host cpu`, got.hostCpu);
        for (const [what, count] of got.calls) note(name, `${group} calls ${what}`, count);
      }
    for (const size of lane.raw ? [] : messageBytes)
      for (const [direction, up, down] of [
        ["down", 0, size],
        ["up", size, 1],
      ]) {
        const ms = await messageMs(name, lane, up, down);
        if (round > 0 && ms !== undefined) note(name, `${size} ${direction}`, ms);
      }
  }
rig.close();

const names = Object.keys(rig.lanes);
/** The ratio of the rounds that both have. */
function ratio(name, other, figure) {
  const [ours, theirs] = [found[name]?.[figure] ?? [], found[other]?.[figure] ?? []];
  const both = ours.slice(0, theirs.length);
  return both.length > 0 ? median(both.map((value, round) => value / theirs[round])) : undefined;
}
function ratios(name, others, figure) {
  const all = others.filter((other) => other !== name).map((other) => [other, ratio(name, other, figure)]);
  return Object.fromEntries(all.filter(([, value]) => value !== undefined));
}
const peersOf = (name) =>
  name === "no plugin"
    ? []
    : ["Go, both sides", ...(name.endsWith("server side") ? ["Go, server side"] : []), `before: ${name}`];
const promisedOf = { 1: 0.65, 16: 0.5 };

for (const tunnels of tunnelCounts)
  for (const direction of ["down", "up"]) {
    const group = groupOf(tunnels, direction);
    for (const name of names) {
      if (!found[name]?.[group]) {
        report.skip(`${group}, ${name}`, "no exchange got through whole");
        continue;
      }
      const against = ratios(name, peersOf(name), group);
      const isPromised = /^(opaque|opened).*both sides/.test(name) && against["Go, both sides"] !== undefined;
      const calls = Object.entries(found[name])
        .filter(([figure]) => figure.startsWith(`${group} calls `))
        .map(([figure, values]) => `${figure.slice(group.length + 7)} ${median(values).toFixed(0)}`);
      report.row({
        group,
        what: name,
        value: median(found[name][group]),
        unit: "MB/s",
        ratios: against,
        wanted: isPromised ? [{ atLeast: promisedOf[tunnels] ?? 0, of: "Go, both sides" }] : [],
        note: [
          name === "no plugin" ? "" : `plugin ${median(found[name][`${group} cpu`]).toFixed(0)} ms CPU/MB`,
          `host ${median(found[name][`${group} host cpu`]).toFixed(0)} ms CPU/MB`,
          ...(calls.length > 0 ? [`calls/MB: ${calls.join(", ")}`] : []),
        ]
          .filter(Boolean)
          .join("; "),
      });
    }
  }
for (const size of messageBytes)
  for (const direction of ["down", "up"])
    for (const name of names) {
      const times = found[name]?.[`${size} ${direction}`];
      if (!times) continue;
      report.row({
        group: `a message of ${size} bytes ${direction}, and its answer`,
        what: name,
        value: median(times),
        unit: "ms",
        ratios: ratios(name, [`before: ${name}`], `${size} ${direction}`),
        wanted: /^opaque, both/.test(name) && rig.isReal && size >= 4_000 ? [{ atMost: 8 }] : [],
      });
    }
for (const name of names)
  if (broken[name])
    report.row({
      group: "exchanges that did not get through whole",
      what: name,
      value: broken[name],
      unit: "",
    });
report.close();
