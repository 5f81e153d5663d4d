// What a decision costs: with no rules, with 100 that all have to be asked, with 100 of which the body is asked for.
// The floor is a call that looks at one field. Limits: 1 µs without rules, 5 µs with 100.
// `node bench/src/fault-engine.mjs` after a build; ends with 1 when a limit is broken, but for a quick run.
import { FaultEngine, parseRuleFile, SseReader } from "@faultwire/fault-engine";
import { RequestReader } from "@faultwire/http1";
import { isQuick, openReport, scaled } from "./support/report.mjs";

const encoder = new TextEncoder();
const body = encoder.encode(
  JSON.stringify({
    model: "claude-sonnet-5",
    stream: true,
    max_tokens: 1024,
    messages: [{ role: "user", content: "x".repeat(500) }],
  }),
);
const headers = [
  ["host", "api.anthropic.com"],
  ["x-api-key", "sk-test"],
  ["anthropic-version", "2023-06-01"],
  ["content-type", "application/json"],
  ["user-agent", "bench"],
];
const facts = {
  connection: "1",
  client: "10.0.0.1",
  host: "api.anthropic.com",
  port: 443,
  method: "POST",
  target: "/v1/messages?beta=true",
  headers,
  body,
};

function engine(rules) {
  const one = new FaultEngine({ startedAtMs: 0 });
  one.setRules("file", parseRuleFile(JSON.stringify({ version: 1, rules }), "bench.json").ruleSet);
  return one;
}
const hundred = (match, when) =>
  Array.from({ length: 100 }, (_, at) => ({
    name: `rule-${at}`,
    match: match(at),
    when,
    fault: { http: { status: 503 } },
  }));

/** Nanoseconds a call: the best of many short rounds, which is what the code costs where nobody disturbs it. */
function cost(call, rounds = 1_000, calls = 200) {
  rounds = scaled(rounds, 20);
  let best = Number.POSITIVE_INFINITY;
  let sink = 0;
  for (let round = 0; round < rounds; round++) {
    const start = process.hrtime.bigint();
    for (let at = 0; at < calls; at++) if (call(at)) sink++;
    best = Math.min(best, Number(process.hrtime.bigint() - start) / calls);
  }
  return sink === -1 ? 0 : best;
}

const none = engine([]);
const others = engine(hundred((at) => ({ host: `host-${at}.test`, path: "/v1/messages" }), { first: 1 }));
const paths = engine(
  hundred((at) => ({ host: "*.anthropic.com", method: "POST", path: `/v${at}/*` }), { first: 1 }),
);
const drawn = engine(hundred(() => ({ path: "/v1/messages" }), { probability: 0.000_001 }));
const bodies = engine(hundred((at) => ({ path: "/v1/messages", model: `claude-${at}-*` }), { first: 1 }));

const head = encoder.encode(
  `POST /v1/messages?beta=true HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join("")}content-length: ${body.length}\r\n\r\n`,
);
const stream = encoder.encode(
  'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}\n\n'.repeat(
    100,
  ),
);
const reader = new RequestReader();
const events = new SseReader();

const floor = cost(() => facts.method === "GET");
const rows = [
  ["decide, no rules", cost(() => none.decideRequest(facts, 0).kind === "fault"), 1_000],
  ["decide, 100 rules for other hosts", cost(() => others.decideRequest(facts, 0).kind === "fault"), 5_000],
  ["decide, 100 rules for other paths", cost(() => paths.decideRequest(facts, 0).kind === "fault"), 5_000],
  [
    "decide, 100 rules that match and draw",
    cost(() => drawn.decideRequest(facts, 0).kind === "fault"),
    5_000,
  ],
  [
    "decide, 100 rules about the body (JSON parsed)",
    cost(() => bodies.decideRequest(facts, 0).kind === "fault", 500, 50),
    undefined,
  ],
  [
    "  of which JSON.parse of the body",
    cost(() => JSON.parse(new TextDecoder().decode(body)).model === "", 500, 50),
    undefined,
  ],
  [
    "read one request (head and body)",
    cost(() => reader.push(head).length + reader.push(body).length > 9, 500, 50),
    undefined,
  ],
  ["read 100 events", cost(() => events.push(stream).length === 0, 200, 10), undefined],
];
const report = openReport("fault-engine", {
  method: "the best of many short rounds; the floor is a call that looks at one field",
});
for (const [what, nanoseconds, limit] of rows) {
  report.row({
    what,
    value: nanoseconds / 1000,
    unit: "µs",
    ratios: { floor: nanoseconds / floor },
    wanted: limit === undefined ? [] : [{ atMost: limit / 1000 }],
  });
  if (limit !== undefined && nanoseconds > limit && !isQuick) process.exitCode = 1;
}
report.close();
