// tls-parser against read-tls-client-hello, and the record scanner against the bytes it must move.
// Each round measures every contender once, one behind the other; the medians of the rounds are compared, so that what
// else the machine does hits all alike. `node bench/src/tls-parser.mjs [rounds]`.
import { Readable } from "node:stream";
import { helloVectors } from "@faultwire/testkit/tls-vectors";
import {
  alpnProtocolsOf,
  ClientHelloReader,
  decodeClientHello,
  encodeRecords,
  peekClientHello,
  RecordReader,
  serverNameOf,
} from "@faultwire/tls-parser";
import { getExtensionData, readTlsClientHello } from "read-tls-client-hello";
import { firstRound, median, openReport, scaled, versionOf } from "./support/report.mjs";

const rounds = Number(process.argv[2] ?? scaled(15, 1));

const must = (condition) => {
  if (!condition) throw new Error("a contender gave a wrong answer");
};

/** Microseconds per call, over `count` calls. */
async function time(work, count) {
  const start = performance.now();
  await work(count);
  return (1000 * (performance.now() - start)) / count;
}

/** Medians by contender, rounds interleaved, one round thrown away. */
async function compare(contenders) {
  const times = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = firstRound; round <= rounds; round++)
    for (const [name, { work, count }] of Object.entries(contenders)) {
      const took = await time(work, scaled(count, Math.ceil(count / 100)));
      if (round > 0) times[name].push(took);
    }
  return Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)]));
}

const report = openReport("tls-parser", {
  method: `one chunk (a Buffer) each; ${rounds} rounds, medians`,
  versions: [versionOf("read-tls-client-hello")],
});

const peer = async (bytes, count, use) => {
  for (let index = 0; index < count; index++) {
    const stream = new Readable({ read() {} });
    stream.push(bytes);
    use(await readTlsClientHello(stream));
    stream.destroy();
  }
};
const repeat = (use) => (count) => {
  for (let index = 0; index < count; index++) use();
};

const CHUNK_BYTES = 4096;
const fragment = new Uint8Array(1 << 24);
const stream = encodeRecords({ type: 23, legacyVersion: 0x0303, fragment });
const chunks = [];
for (let at = 0; at < stream.length; at += CHUNK_BYTES) chunks.push(stream.subarray(at, at + CHUNK_BYTES));
const scan = (options) => (count) => {
  for (let index = 0; index < count; index++) {
    const reader = new RecordReader(options);
    let bytes = 0;
    for (const chunk of chunks) for (const record of reader.push(chunk)) bytes += record.length;
    must(bytes === fragment.length);
  }
};
const target = new Uint8Array(CHUNK_BYTES);
const copy = (count) => {
  for (let index = 0; index < count; index++) for (const chunk of chunks) target.set(chunk, 0);
};
const data = `application data, ${stream.length} bytes in records of 16 KiB, chunks of 4 KiB`;
// Allocations first, while nothing else has left garbage: what the heap gains while no collection runs.
globalThis.gc ??= await exposeGc();
const records = Math.ceil(fragment.length / 16_384);
const scanOnce = scan({ skipApplicationData: true });
scanOnce(3);
globalThis.gc();
const before = process.memoryUsage();
const SCANS = 8;
scanOnce(SCANS);
const after = process.memoryUsage();
const heapBytes = after.heapUsed - before.heapUsed;
report.row({
  group: data,
  what: "heap per record counted",
  value: heapBytes / records / SCANS,
  unit: "B",
  note: "one object, and nothing that grows with the bytes",
});
report.row({
  group: data,
  what: "array buffers per record counted",
  value: (after.arrayBuffers - before.arrayBuffers) / records / SCANS,
  unit: "B",
});

const took = await compare({
  skip: { count: 4, work: scan({ skipApplicationData: true }) },
  keep: { count: 4, work: scan({}) },
  copy: { count: 4, work: copy },
});
/** A row in GB/s, beside a copy of the same bytes. */
const rate = (what, value, wanted = []) =>
  report.row({
    group: data,
    what,
    value: stream.length / value / 1000,
    unit: "GB/s",
    ratios: value === took.copy ? {} : { copy: took.copy / value },
    wanted,
  });
rate("records counted (skipApplicationData)", took.skip, [{ atLeast: 5 }]);
rate("records put together", took.keep);
rate("floor: each chunk copied once", took.copy);

for (const name of ["chromium by default", "curl by default", "node with ALPN"]) {
  const bytes = Buffer.from(helloVectors().find((hello) => hello.name === name).bytes);
  const body = bytes.subarray(9);
  const took = await compare({
    peerRoute: {
      count: 200,
      work: (count) =>
        peer(bytes, count, (hello) => {
          must(getExtensionData(hello, "sni").serverName === "origin.test");
          must(getExtensionData(hello, "alpn").protocols.length > 0);
        }),
    },
    peerFull: {
      count: 200,
      work: (count) => peer(bytes, count, (hello) => must(hello.extensions.length > 5)),
    },
    route: {
      count: 20_000,
      work: repeat(() => {
        const peek = peekClientHello(bytes);
        must(peek.serverName === "origin.test" && peek.alpnProtocols.length > 0);
      }),
    },
    full: {
      count: 5000,
      work: repeat(() => {
        const { clientHello } = new ClientHelloReader().push(bytes);
        must(serverNameOf(clientHello) === "origin.test" && alpnProtocolsOf(clientHello).length > 0);
      }),
    },
    decode: { count: 5000, work: repeat(() => must(decodeClientHello(body).extensions.length > 5)) },
  });
  const group = `${name}, ${bytes.length} bytes`;
  const row = (what, ours, theirs, wanted) =>
    report.row({
      group,
      what,
      value: ours,
      unit: "µs",
      ratios: { "as fast as the peer": theirs / ours },
      wanted: [{ atLeast: wanted, of: "as fast as the peer" }],
    });
  row("server name and ALPN (peekClientHello)", took.route, took.peerRoute, 200);
  row("everything (ClientHelloReader)", took.full, took.peerFull, 50);
  row("everything, body at hand (decodeClientHello)", took.decode, took.peerFull, 50);
}
report.close();

async function exposeGc() {
  const { setFlagsFromString } = await import("node:v8");
  const { runInNewContext } = await import("node:vm");
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc");
}
