// JA4 and JA3 of captured hellos against read-tls-client-hello: from the bytes, and from a hello that is decoded
// already. Both must agree on the fingerprints before anything is timed. Each round measures every contender once;
// medians are compared. `node bench/src/tls-fingerprint.mjs [rounds]`.
import { strict as assert } from "node:assert";
import { Readable } from "node:stream";
import { helloVectors } from "@faultwire/testkit/tls-vectors";
import { ja3, ja4 } from "@faultwire/tls-fingerprint";
import { ClientHelloReader } from "@faultwire/tls-parser";
import { calculateJa3, calculateJa4, readTlsClientHello } from "read-tls-client-hello";
import { firstRound, median, openReport, scaled, versionOf } from "./support/report.mjs";

const rounds = Number(process.argv[2] ?? scaled(15, 1));
const MANY = scaled(5_000, 50);
const FEW = scaled(300, 5);
const report = openReport("tls-fingerprint", {
  method: `${rounds} rounds, medians`,
  versions: [versionOf("read-tls-client-hello")],
});

/** A stream is all that the peer takes: what it costs is part of its interface. */
async function peerHello(bytes) {
  const stream = new Readable({ read() {} });
  stream.push(bytes);
  const hello = await readTlsClientHello(stream);
  stream.destroy();
  return hello;
}

const repeat = (use) => (count) => {
  for (let index = 0; index < count; index++) use();
};

/**
 * Microseconds per call of each contender, by the clock and of CPU (the collector's threads included): medians of
 * interleaved rounds, one more thrown away. The clock tells the rate; CPU is what is left comparable under load.
 */
async function compare(contenders) {
  const times = contenders.map(() => ({ clock: [], cpu: [] }));
  for (let round = firstRound; round <= rounds; round++)
    for (const [index, { work, count }] of contenders.entries()) {
      const cpuStart = process.cpuUsage();
      const start = performance.now();
      await work(count);
      const clock = ((performance.now() - start) * 1000) / count;
      const { user, system } = process.cpuUsage(cpuStart);
      if (round === 0) continue;
      times[index].clock.push(clock);
      times[index].cpu.push((user + system) / count);
    }
  return times.map(({ clock, cpu }) => ({ clock: median(clock), cpu: median(cpu) }));
}

for (const name of ["chromium by default", "curl by default", "node with ALPN"]) {
  const bytes = Buffer.from(helloVectors().find((hello) => hello.name === name).bytes);
  const decode = () => new ClientHelloReader().push(bytes).clientHello;
  const hello = decode();
  const theirs = await peerHello(bytes);
  assert.equal(ja4(hello), calculateJa4(theirs));
  assert.equal(ja3(hello), calculateJa3(theirs));
  const rows = [
    {
      what: "bytes → JA4",
      wanted: 30,
      contenders: [
        { count: MANY, work: repeat(() => ja4(decode())) },
        {
          count: FEW,
          work: async (count) => {
            for (let index = 0; index < count; index++) calculateJa4(await peerHello(bytes));
          },
        },
      ],
    },
    {
      what: "hello → JA4",
      wanted: 1,
      contenders: [
        { count: MANY, work: repeat(() => ja4(hello)) },
        { count: MANY, work: repeat(() => calculateJa4(theirs)) },
      ],
    },
    {
      what: "hello → JA3",
      wanted: 1,
      contenders: [
        { count: MANY, work: repeat(() => ja3(hello)) },
        { count: MANY, work: repeat(() => calculateJa3(theirs)) },
      ],
    },
  ];
  const group = `${name}, ${bytes.length} bytes, ${hello.cipherSuites.length} suites, ${ja4(hello)}`;
  for (const { what, wanted, contenders } of rows) {
    const [ours, peers] = await compare(contenders);
    report.row({
      group,
      what,
      value: ours.clock,
      unit: "µs",
      ratios: { "as fast as the peer": peers.clock / ours.clock, "as fast in CPU": peers.cpu / ours.cpu },
      wanted: [{ atLeast: wanted, of: "as fast as the peer" }],
    });
  }
}
report.close();
