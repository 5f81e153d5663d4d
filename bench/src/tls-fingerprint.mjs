// JA4 and JA3 of one ClientHello, against read-tls-client-hello: from the bytes, and from a hello that is decoded
// already. Both must agree on the fingerprints before anything is timed.
import { strict as assert } from "node:assert";
import { Duplex, PassThrough } from "node:stream";
import { connect } from "node:tls";
import { pathToFileURL } from "node:url";
import { ja3, ja4 } from "@faultwire/tls-fingerprint";
import { ClientHelloReader } from "@faultwire/tls-parser";
import peer from "read-tls-client-hello";

/** The record that Node's TLS client sends first. */
async function nodeHello() {
  let client;
  const bytes = await new Promise((resolve) => {
    const wire = new Duplex({ read: () => {}, write: (chunk) => resolve(chunk) });
    client = connect({ socket: wire, servername: "api.example.com", ALPNProtocols: ["http/1.1"] });
  });
  client.destroy();
  return bytes;
}

/** What a stream costs is part of the peer's interface: it takes nothing else. */
function streamOf(bytes) {
  const stream = new PassThrough();
  stream.write(bytes);
  return stream;
}

/** Microseconds of CPU per call of each work: medians of rounds that take turns, to see the same machine. */
async function timed(works, rounds = 15) {
  const times = works.map(() => []);
  for (let round = 0; round < rounds; round++)
    for (const [index, { work, calls }] of works.entries()) {
      const start = process.cpuUsage();
      for (let call = 0; call < calls; call++) {
        const pending = work();
        if (pending instanceof Promise) await pending;
      }
      const { user, system } = process.cpuUsage(start);
      times[index].push((user + system) / calls);
    }
  return times.map((list) => list.sort((one, other) => one - other)[rounds >> 1]);
}

export async function run() {
  const bytes = await nodeHello();
  const decode = () => new ClientHelloReader().push(bytes).clientHello;
  const hello = decode();
  const peerHello = await peer.readTlsClientHello(streamOf(bytes));
  assert.equal(ja4(hello), peer.calculateJa4(peerHello));
  assert.equal(ja3(hello), peer.calculateJa3(peerHello));

  const many = 5_000;
  const rows = [
    {
      name: "bytes → JA4",
      goal: 30,
      ours: { work: () => ja4(decode()), calls: many },
      theirs: {
        work: async () => peer.calculateJa4(await peer.readTlsClientHello(streamOf(bytes))),
        calls: 300,
      },
    },
    {
      name: "hello → JA4",
      goal: 1,
      ours: { work: () => ja4(hello), calls: many },
      theirs: { work: () => peer.calculateJa4(peerHello), calls: many },
    },
    {
      name: "hello → JA3",
      goal: 1,
      ours: { work: () => ja3(hello), calls: many },
      theirs: { work: () => peer.calculateJa3(peerHello), calls: many },
    },
  ];
  console.log(`tls-fingerprint: a ClientHello of ${bytes.length} bytes, ${hello.cipherSuites.length} suites`);
  for (const row of rows) {
    const { name, goal } = row;
    const [ours, theirs] = await timed([row.ours, row.theirs]);
    const ratio = theirs / ours;
    const verdict = ratio >= goal ? "" : `, below the goal of ${goal} ×`;
    console.log(
      `  ${name}: ${ours.toFixed(1)} µs, read-tls-client-hello ${theirs.toFixed(1)} µs: ${ratio.toFixed(1)} ×${verdict}`,
    );
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await run();
