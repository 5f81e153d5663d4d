// The rules of a soak: of everything a little. Two files that take turns, and one that is broken.

/**
 * Stalls without an end hold a call of the host, and no call tells a plugin that its client has gone meanwhile: such a tunnel stays
 * for an hour (docs/fault-host.md, "How tunnels end"). A soak does not wait for that, so that stalls behind a host end.
 */
const stallEnd = { proxy: "", plugin: ", for: 60s" };

const faultsOf = (way) => [
  "{ connection: { close: { at: client-hello } } }",
  "{ connection: { close: { at: established } } }",
  "{ connection: { reset: { at: server-hello } } }",
  "{ connection: { reset: { at: { bytes: 3kB, from: server } } } }",
  "{ connection: { close: { at: { bytes: 700, from: client } } } }",
  `{ connection: { stall: { at: established${stallEnd[way]} } } }`,
  "{ connection: { latency: { time: 30ms, per: connection } } }",
  "{ connection: { throttle: { bytesPerSecond: 20kB } } }",
  "{ connection: { corrupt: { rate: 0.01, fromByte: 2kB, toByte: 6kB } } }",
  "{ tls: { alert: handshake_failure } }",
  "{ tls: { certificate: expired } }",
  "{ tls: { version: { refuse: TLSv1.3 } } }",
  "{ tls: { handshakeStall: { at: server-hello, for: 300ms } } }",
  "{ tls: { handshakeSlow: { bytesPerSecond: 8000 } } }",
  "{ tls: { badMac: { afterRecords: 2 } } }",
  "{ tls: { garbage: { afterRecords: 1 } } }",
  "{ tls: { truncate: { afterRecords: 1 } } }",
];
const requestFaultsOf = (way) => [
  "{ connection: { close: { at: request } } }",
  "{ connection: { reset: { at: response-head } } }",
  `{ connection: { stall: { at: request${stallEnd[way]} } } }`,
  "{ connection: { slice: { bytes: 100, gap: 2ms } } }",
  "{ http: { preset: anthropic/overloaded_error } }",
  "{ http: { status: 504, delay: { beforeHead: 200ms } } }",
  "{ http: { empty: true } }",
  "{ http: { malformed: bad-chunk } }",
  "{ http: { delay: { beforeHead: 100ms, beforeBody: 50ms } } }",
  "{ http: { truncate: { afterBytes: 100 } } }",
  "{ http: { rateLimit: { requestsPerMinute: 2000 } } }",
  "{ stream: { errorEvent: { type: overloaded_error, afterEvents: 3 } } }",
  "{ stream: { cut: { afterEvents: 4, stop: reset } } }",
  "{ stream: { cut: { beforeEnd: 1, stop: mid-event } } }",
  `{ stream: { stall: { afterEvents: 2${stallEnd[way]} } } }`,
  "{ stream: { stall: { afterEvents: 2, for: 400ms, pingEvery: 100ms } } }",
  "{ stream: { pace: { firstEvent: 50ms, event: 10ms } } }",
  "{ stream: { drop: { events: [2] } } }",
  "{ stream: { reorder: { every: 3 } } }",
  "{ stream: { split: { every: 1, where: utf8, gap: 2ms } } }",
  "{ stream: { damage: { events: 3, how: invalid-json } } }",
  "{ model: { stopReason: max_tokens } }",
  "{ model: { emptyContent: true } }",
];

/** The host that no rule touches, though it is a target: what it answers has to be right. */
export const controlHost = "control.test";
/** The host that rules fail. */
export const faultyHost = "api.anthropic.com";
/** A target that nothing stands behind. */
export const downHost = "down.test";
export const targets = [faultyHost, controlHost, downHost];

/** A rule file for a way, `proxy` or `plugin`; of two seeds in turn, some rules stay and some are others. */
export function ruleFile(seed, way) {
  const host = `host: [${faultyHost}, ${downHost}]`;
  const rules = faultsOf(way).map(
    (fault, at) =>
      `  - { name: c${at}-${seed % 2}, match: { ${host} }, when: { probability: 0.02 }, fault: ${fault} }`,
  );
  for (const [at, fault] of requestFaultsOf(way).entries())
    rules.push(
      `  - { name: r${at}, match: { ${host}, path: "/v1/*" }, when: { probability: ${0.02 + (seed % 2) * 0.01} }, fault: ${fault} }`,
    );
  return `version: 1\nseed: ${seed}\ntargets: [${targets.join(", ")}]\nrules:\n${rules.join("\n")}\n`;
}

export const brokenRuleFile = "version: 1\nrules:\n  - { name: x, fault: { http: { status: 9999 } } }\n";
