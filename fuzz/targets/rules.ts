/** Rule files: refused with a place for each reason, or taken; and what is taken can be carried out. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  createMachine,
  explain,
  type Fault,
  FaultEngine,
  FaultEngineError,
  faultResponse,
  malformedResponse,
  PROVIDER_NAMES,
  parseRuleFile,
  simulate,
} from "@faultwire/fault-engine";
import { changedHeaders, describeFault } from "@faultwire/fault-engine/internal";
import { encodeResponse, type Header, ResponseReader } from "@faultwire/http1";
import { caught, holds, same, seed, type Target } from "../contract/target.ts";

const answerContext = { requestId: "req_1", nowMs: Date.UTC(2026, 10, 28), marker: "rule" };
const anyStream = Buffer.from(
  'event: message_start\ndata: {"type":"message_start"}\n\ndata: {"type":"message_stop"}\n\n',
);

function readBack(bytes: Uint8Array): void {
  const reader = new ResponseReader();
  reader.expect("POST");
  const kinds = reader.push(bytes).map(({ kind }) => kind);
  holds(
    kinds[0] === "head" && kinds.at(-1) === "end",
    `an answer of ours is a whole response: ${kinds.join()}`,
  );
}

const upstreams: readonly Header[] = [
  ["Content-Type", "text/plain"],
  ["X-Request-Id", "1"],
];

/** A response whose headers are changed is read with the headers that were asked for, and no others. */
function changeHeaders(fault: Extract<Fault, { readonly kind: "http.headers" }>): void {
  const headers = changedHeaders(upstreams, fault);
  const bytes = encodeResponse({ status: 200, headers, body: Buffer.from("ok") }, { method: "POST" });
  readBack(bytes);
  const reader = new ResponseReader();
  reader.expect("POST");
  const [head] = reader.push(bytes);
  const fields = head?.kind === "head" ? head.headers : [];
  const names = new Set(fields.map(([name]) => name.toLowerCase()));
  for (const name of fault.remove) holds(!names.has(name), `${name} is removed`);
  for (const [name, value] of [...fault.add, ...fault.replace])
    holds(
      fields.some((field) => field[0].toLowerCase() === name.toLowerCase() && field[1] === value),
      `${JSON.stringify(name)} has the value that was asked for: ${JSON.stringify(value)}`,
    );
  const { length } = headers;
  holds(fields.length <= length + 2, `${fields.length} fields are read, and ${length} were written`);
}

function carryOut(fault: Fault): void {
  holds(!/undefined|NaN/.test(describeFault(fault)), `a fault has words: ${describeFault(fault)}`);
  if (fault.kind === "http.error")
    readBack(encodeResponse(faultResponse(fault.answer, answerContext), { method: "POST" }));
  if (fault.kind === "http.malformed")
    for (const provider of PROVIDER_NAMES) malformedResponse(fault.how, provider, answerContext);
  if (fault.kind === "http.headers") changeHeaders(fault);
  const created = createMachine(fault, {
    startMs: 0,
    random: () => 0.5,
    provider: "anthropic",
    requestId: "req_1",
    format: "sse",
    path: "",
    bodyBytes: null,
  });
  if (created.kind === "none") return;
  created.machine.push(anyStream, 0);
  created.machine.finish(5);
  for (let wakes = 0; wakes < 50 && created.machine.wakeAtMs !== undefined; wakes++)
    created.machine.wake(created.machine.wakeAtMs);
}

const request = {
  connection: "c",
  host: "api.anthropic.com",
  way: "plain",
  method: "POST",
  target: "/v1/messages?x=1",
  headers: [["User-Agent", "a"]],
  body: Buffer.from('{"model":"m","stream":true}'),
} as const;

/** Examples of the documentation. */
function documented(): Uint8Array[] {
  const folder = join(import.meta.dirname, "../../docs");
  return readdirSync(folder)
    .filter((name) => name.endsWith(".md"))
    .flatMap((name) => [...readFileSync(join(folder, name), "utf8").matchAll(/```yaml\n(.*?)```/gs)])
    .map(([, text = ""]) => Uint8Array.from(Buffer.from(text)))
    .filter(({ length }) => length < 1200);
}

const file = (...lines: readonly string[]): Uint8Array =>
  seed(0x20, "", ["version: 1", ...lines, ""].join("\n"));

export const target: Target = {
  maxBytes: 1200,
  maxSteps: 3_000_000,
  words: [
    "\n  - ",
    ": ",
    "{ ",
    " }",
    "[",
    "]",
    "&a ",
    "*a",
    "!!str ",
    "|\n",
    ">\n",
    "<<: ",
    "---\n",
    "1e400",
    ".nan",
    "null",
    "5s",
    "100ms",
    "0x10",
    "\\u0000",
    "%",
  ],
  seeds: () => [
    ...documented(),
    file("targets: [api.test]", "rules:", "  - name: a", "    fault: { http: { status: 503 } }"),
    file(
      "rules:",
      "  - name: a",
      "    match: { host: '*.test', path: /v1/*, method: POST, model: m }",
      "    fault: { http: { preset: anthropic/overloaded_error } }",
      "    when: { probability: 0.5 }",
    ),
    file(
      "rules:",
      "  - name: a",
      "    fault: { stream: { cut: { afterEvents: 3 }, pace: { event: 50ms } } }",
      "    expect: retried",
    ),
    file(
      "rules:",
      "  - name: a",
      "    fault: { http: { headers: { add: { set-cookie: [a=1, b=2] }, replace: { content-type: text/html }, remove: [etag] } } }",
    ),
    file("rules:", "  - name: a", "    fault: { http: { headers: { x-request-id: 5, retry-after: true } } }"),
    file(
      "rules:",
      "  - name: a",
      "    fault: { connection: { latency: 50ms } }",
      "    when: { first: 2, skip: 1, per: client }",
    ),
    file(
      "rules:",
      "  - name: a",
      "    fault: { tls: { alert: internal_error } }",
      "    match: { sni: x, ja4: y }",
    ),
    file(
      "rules:",
      "  - name: a",
      "    fault:",
      "      mix: [{ weight: 1, fault: none }, { weight: 2, fault: { http: { status: 500 } } }]",
    ),
    seed(0x7b, '"status_code": 500, "error_body": "x", "target_hosts": ["a"], "error_probability": 1}'),
    file(
      "rules:",
      "  - name: a",
      "    fault: { http: { rateLimit: { requestsPerMinute: 2 }, delay: { beforeHead: 1s } } }",
    ),
    file(
      "rules:",
      "  - name: a",
      "    fault: { connect: { refuse: { status: 407 } } }",
      "    match: { path: { regex: '^/v[0-9]+' } }",
    ),
  ],
  run(input) {
    const text = Buffer.from(input).toString();
    const outcome = caught(FaultEngineError, () => parseRuleFile(text, "faults.yaml"));
    if ("error" in outcome) {
      const { problems } = outcome.error as FaultEngineError;
      holds(problems.length > 0, "a refused file has a reason");
      const lines = text.split(/\r\n|\r|\n/).length;
      for (const { line, column, message } of problems) {
        holds(line >= 1 && line <= lines + 1 && column >= 1, `a place in the file: ${line}:${column}`);
        holds(
          message !== "" && !/undefined|\[object/.test(message.replaceAll(JSON.stringify(text), "")),
          `a reason in words: ${message}`,
        );
      }
      return;
    }
    const { ruleSet } = outcome.value;
    same(
      caught(FaultEngineError, () => parseRuleFile(text, "faults.yaml").ruleSet.rules.length),
      { value: ruleSet.rules.length },
      "the same file, the same rules",
    );
    for (const rule of ruleSet.rules) for (const fault of rule.faults) if (fault) carryOut(fault);
    holds(!/undefined|NaN/.test(explain(ruleSet)), "can be explained");
    simulate(ruleSet, { requests: 3 });
    const engine = new FaultEngine({ startedAtMs: 0 });
    engine.setRules("file", ruleSet);
    engine.isTarget("api.test");
    engine.decideConnection({ connection: "c", host: "api.test", way: "plain" }, 1);
    engine.decideRequest(request, 1);
  },
};
