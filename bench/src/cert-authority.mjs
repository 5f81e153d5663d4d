// What a leaf costs: cold, cached, and in memory; beside mockttp's CA and selfsigned, in one run.
//
//   node bench/src/cert-authority.mjs [--hosts 1000]
//
// Prints medians and ratios; ends with 1 when a promise of the package is broken. All parties get ready first: a CA,
// and what they make once per process. Peers are measured on fewer hosts, because they take longer.
import { spawnSync } from "node:child_process";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { CertificateAuthority } from "@faultwire/cert-authority";

/** The promises: milliseconds cold, microseconds cached, megabytes for 10,000 hosts. */
const promised = { coldMs: 1, cachedUs: 5, memoryMb: 50 };

const { values } = parseArgs({
  options: { hosts: { type: "string", default: "1000" }, memory: { type: "boolean", default: false } },
});
const hosts = Number(values.hosts);

const openCa = () => CertificateAuthority.ephemeral({ targets: ["example.com"] });

function summary(samples) {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return { median: at(0.5), p99: at(0.99), worst: sorted.at(-1), count: sorted.length };
}

/** Milliseconds that each of `count` calls takes, after a few that don't count. */
async function timed(count, work) {
  for (let n = 0; n < 5; n++) await work(`warm-${n}.example.com`);
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
  for (let round = 0; round < 50; round++) {
    const start = performance.now();
    for (let n = 0; n < batch; n++) await work();
    samples.push((performance.now() - start) / batch);
  }
  return summary(samples);
}

/** Growth of the whole process with 10,000 cached leaves: what the operating system counts. */
async function memoryOfTenThousand() {
  const ca = await openCa();
  await ca.forHost("warm.example.com");
  globalThis.gc();
  const before = process.memoryUsage().rss;
  for (let n = 0; n < 10_000; n++) await ca.forHost(`host-${n}.example.com`);
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
    "mockttp 4.6, new host": await timed(200, (name) => mockttp.generateCertificate(name)),
    "selfsigned 5.5, RSA-2048": await timed(20, rsa),
    "selfsigned 5.5, P-256": await timed(100, ec),
  };
}

if (values.memory) {
  process.stdout.write(String(await memoryOfTenThousand()));
} else {
  const ca = await openCa();
  const context = async (name) => (await ca.forHost(name)).secureContext();
  const ours = {
    "ours, new host": await timed(hosts, (name) => ca.forHost(name)),
    "ours, RSA leaf, new host": await timed(hosts, (name) => ca.forHost(name, { keyType: "rsa-2048" })),
    "ours, new host with context": await timed(200, (name) => context(`context-${name}`)),
    "ours, same host": await timedCached(() => ca.forHost("warm-0.example.com")),
  };
  const peers = await measurePeers();
  const cold = ours["ours, new host"].median;
  const cached = ours["ours, same host"].median;

  console.log(`cert-authority · Node ${process.version} · ${cpus().length} × ${cpus()[0]?.model.trim()}\n`);
  console.log(
    `${"".padEnd(30)}${"median".padStart(12)}${"99 %".padStart(12)}${"worst".padStart(12)}   ratio`,
  );
  for (const [name, figures] of Object.entries({ ...ours, ...peers })) {
    const [base, label] = name.includes("same host") ? [cached, "× ours cached"] : [cold, "× ours"];
    const columns = [figures.median, figures.p99, figures.worst]
      .map((ms) => (ms < 0.05 ? `${(ms * 1000).toFixed(2)} µs` : `${ms.toFixed(3)} ms`).padStart(12))
      .join("");
    console.log(`${name.padEnd(30)}${columns}   ${(figures.median / base).toFixed(1)} ${label}`);
  }
  const memoryMb = memoryInFreshProcess();
  console.log(`\n10,000 hosts in memory: ${memoryMb.toFixed(1)} MB\n`);

  const checks = [
    ["cold issue, median", cold, promised.coldMs, "ms"],
    ["cached, median", cached * 1000, promised.cachedUs, "µs"],
    ["10,000 hosts", memoryMb, promised.memoryMb, "MB"],
  ];
  for (const [what, found, limit, unit] of checks) {
    const ok = found <= limit;
    console.log(`${ok ? "ok  " : "FAIL"} ${what}: ${found.toFixed(2)} ${unit}, ${limit} ${unit} promised`);
    if (!ok) process.exitCode = 1;
  }
}
