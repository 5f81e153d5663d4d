// What a leaf costs: cold, cached, and in memory; beside mockttp's CA and selfsigned, in one run.
//
//   node bench/src/cert-authority.mjs [--hosts 1000]
//
// Prints medians and ratios; ends with 1 when a promise of the package is broken. All parties get ready first: a CA,
// and what they make once per process. Peers are measured on fewer hosts, because they take longer.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { CertificateAuthority } from "@faultwire/cert-authority";
import { isQuick, openReport, scaled, versionOf } from "./support/report.mjs";

/** The promises: milliseconds cold, microseconds cached, megabytes for 10,000 hosts. */
const promised = { coldMs: 1, cachedUs: 5, memoryMb: 50 };

const { values } = parseArgs({
  options: {
    hosts: { type: "string", default: String(scaled(1000, 20)) },
    memory: { type: "boolean", default: false },
  },
});
const hosts = Number(values.hosts);
const warmUps = scaled(5, 1);
const hostsInMemory = scaled(10_000, 200);

const openCa = () => CertificateAuthority.ephemeral({ targets: ["example.com"] });

function summary(samples) {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return { median: at(0.5), p99: at(0.99), worst: sorted.at(-1), count: sorted.length };
}

/** Milliseconds that each of `count` calls takes, after a few that don't count. */
async function timed(count, work) {
  for (let n = 0; n < warmUps; n++) await work(`warm-${n}.example.com`);
  const samples = [];
  for (let n = 0; n < count; n++) {
    const start = performance.now();
    await work(`host-${n}.example.com`);
    samples.push(performance.now() - start);
  }
  return summary(samples);
}

/** Milliseconds that a cached answer takes; many a sample, because the clock is too coarse for one. */
async function timedCached(work) {
  const batch = 1000;
  await work();
  const samples = [];
  for (let round = 0; round < scaled(50, 2); round++) {
    const start = performance.now();
    for (let n = 0; n < batch; n++) await work();
    samples.push((performance.now() - start) / batch);
  }
  return summary(samples);
}

/** Growth of the whole process with so many cached leaves: what the operating system counts. */
async function memoryOfCached() {
  const ca = await openCa();
  await ca.forHost("warm.example.com");
  globalThis.gc();
  const before = process.memoryUsage().rss;
  for (let n = 0; n < hostsInMemory; n++) await ca.forHost(`host-${n}.example.com`);
  globalThis.gc();
  const grownMb = (process.memoryUsage().rss - before) / 1e6;
  // The leaves have to be there still, or the figure means nothing.
  const again = await ca.forHost("host-0.example.com");
  if (again !== (await ca.forHost("host-0.example.com")))
    throw new Error("the cache did not keep the leaves");
  return grownMb;
}

function memoryInFreshProcess() {
  const self = fileURLToPath(import.meta.url);
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--expose-gc", self, "--memory"], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
}

async function measurePeers() {
  const { generateCACertificate, getCA } = await import("mockttp/dist/util/certificates").then(
    (m) => m.default ?? m,
  );
  const mockttp = await getCA(await generateCACertificate());
  const selfsigned = await import("selfsigned").then((m) => m.default ?? m);
  const attributes = (name) => [{ name: "commonName", value: name }];
  const [rsa, ec] = [{ keySize: 2048 }, { keyType: "ec" }].map(
    (key) => (name) => selfsigned.generate(attributes(name), { ...key, algorithm: "sha256" }),
  );
  return {
    "mockttp 4.6, new host": await timed(scaled(200, 10), (name) => mockttp.generateCertificate(name)),
    "selfsigned 5.5, RSA-2048": await timed(scaled(20, 2), rsa),
    "selfsigned 5.5, P-256": await timed(scaled(100, 5), ec),
  };
}

if (values.memory) {
  process.stdout.write(String(await memoryOfCached()));
} else {
  const ca = await openCa();
  const context = async (name) => (await ca.forHost(name)).secureContext();
  const ours = {
    "ours, new host": await timed(hosts, (name) => ca.forHost(name)),
    "ours, RSA leaf, new host": await timed(hosts, (name) => ca.forHost(name, { keyType: "rsa-2048" })),
    "ours, new host with context": await timed(scaled(200, 20), (name) => context(`context-${name}`)),
    "ours, same host": await timedCached(() => ca.forHost("warm-0.example.com")),
  };
  const peers = await measurePeers();
  const cold = ours["ours, new host"].median;
  const cached = ours["ours, same host"].median;

  const report = openReport("cert-authority", {
    method: `what a leaf costs, ${hosts} new hosts; medians`,
    versions: [versionOf("mockttp"), versionOf("selfsigned")],
  });
  const limits = {
    "ours, new host": [cold, promised.coldMs, "ms"],
    "ours, same host": [cached * 1000, promised.cachedUs, "µs"],
  };
  for (const [what, { median, p99, worst }] of Object.entries({ ...ours, ...peers })) {
    const [value, atMost, unit] = limits[what] ?? [median, undefined, "ms"];
    report.row({
      what,
      value,
      unit,
      ratios: { "ours, new host": median / cold },
      wanted: atMost === undefined ? [] : [{ atMost }],
      note: `99 % ${p99.toFixed(3)} ms, worst ${worst.toFixed(3)} ms`,
    });
  }
  const memoryMb = memoryInFreshProcess();
  report.row({
    what: `${hostsInMemory} hosts in memory`,
    value: memoryMb,
    unit: "MB",
    wanted: [{ atMost: promised.memoryMb }],
  });
  report.close();
  const kept = cold <= promised.coldMs && cached * 1000 <= promised.cachedUs && memoryMb <= promised.memoryMb;
  if (!kept && !isQuick) process.exitCode = 1;
}
