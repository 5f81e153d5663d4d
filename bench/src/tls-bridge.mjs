// MB/s of sealing and opening, per suite, against the floor: the same AEAD called straight from node:crypto with a
// key and nonce that are ready. Each round measures every contender once; the medians of the CPU time are compared.
// `node bench/src/tls-bridge.mjs [rounds]`.
import { strict as assert } from "node:assert";
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { cipherSuiteProtection, RecordOpener, RecordSealer } from "@faultwire/tls-bridge";
import { CipherSuite, ContentType, RecordReader } from "@faultwire/tls-parser";
import { openReport, scaled } from "./support/report.mjs";

const rounds = Number(process.argv[2] ?? scaled(11, 1));
const BYTES_PER_MEASURE = 8 << 20;
const SMALL_RECORDS = 4_000;
const AUTH_TAG = { authTagLength: 16 };
const report = openReport("tls-bridge", {
  method: `CPU of one record, as MB/s; ${rounds} rounds, medians, beside node:crypto's own AEAD`,
});
const suites = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
];

function secretsOf(suite) {
  if (suite.version === "TLSv1.3")
    return { version: "TLSv1.3", suite, trafficSecret: randomBytes(suite.hashBytes) };
  const [masterSecret, clientRandom, serverRandom] = [randomBytes(48), randomBytes(32), randomBytes(32)];
  return { version: "TLSv1.2", suite, masterSecret, clientRandom, serverRandom, side: "client" };
}

/** Node's own AEAD, one call a record: what no record layer over node:crypto can be faster than. */
function floorOf({ aead, keyBytes }, content) {
  const [key, nonce, additional] = [randomBytes(keyBytes), randomBytes(12), randomBytes(5)];
  const seal = () => {
    const cipher = createCipheriv(aead, key, nonce, AUTH_TAG).setAAD(additional);
    const sealed = cipher.update(content);
    cipher.final();
    return { sealed, tag: cipher.getAuthTag() };
  };
  const { sealed, tag } = seal();
  const open = () => {
    const decipher = createDecipheriv(aead, key, nonce, AUTH_TAG).setAAD(additional).setAuthTag(tag);
    const opened = decipher.update(sealed);
    decipher.final();
    return opened;
  };
  assert.deepEqual(open(), content);
  return { seal, open };
}

/** Microseconds of CPU per record of each contender: medians of interleaved rounds, one more thrown away. */
function compare(contenders, count) {
  const times = contenders.map(() => []);
  for (let round = 0; round <= rounds; round++)
    for (const [index, start] of contenders.entries()) {
      const work = start(count);
      const before = process.cpuUsage();
      for (let call = 0; call < count; call++) work();
      const { user, system } = process.cpuUsage(before);
      if (round > 0) times[index].push((user + system) / count);
    }
  return times.map((list) => list.sort((one, other) => one - other)[list.length >> 1]);
}

for (const name of suites) {
  const suite = cipherSuiteProtection(CipherSuite[name]);
  for (const size of [16_384, 200]) {
    const content = randomBytes(size);
    const count = size === 200 ? SMALL_RECORDS : BYTES_PER_MEASURE / size;
    const secrets = secretsOf(suite);
    const bytes = new RecordSealer(secrets).seal(
      ContentType.applicationData,
      Buffer.concat(Array.from({ length: count }, () => content)),
      { maxPlaintextBytes: size },
    );
    const records = [...new RecordReader().push(bytes)];
    const floor = floorOf(suite, content);
    const [seal, floorSeal, open, floorOpen] = compare(
      [
        () => {
          const sealer = new RecordSealer(secrets);
          return () => sealer.seal(ContentType.applicationData, content);
        },
        () => floor.seal,
        () => {
          const opener = new RecordOpener(secrets);
          let index = 0;
          return () => opener.open(records[index++]);
        },
        () => floor.open,
      ],
      count,
    );
    for (const [what, ours, theirs] of [
      ["seal", seal, floorSeal],
      ["open", open, floorOpen],
    ])
      report.row({
        group: name,
        what: `${what}, ${size} bytes a record`,
        value: size / ours,
        unit: "MB/s",
        ratios: { "node:crypto": theirs / ours },
      });
  }
}
report.close();
