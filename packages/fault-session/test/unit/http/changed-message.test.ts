/** A changed response as a message: what comes of it, and when, however its data is cut. */
import type { Decision, Fault } from "@faultwire/fault-engine";
import { describe, expect, it } from "vitest";
import { ChangedMessage, type MessageAction } from "../../../src/messages.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const at = (bytes: number) => ({ kind: "bytes", from: "server", bytes }) as const;
const fixed = (ms: number) => ({ kind: "fixed", ms }) as const;

function changedBy(
  fault: Fault,
  headers: readonly (readonly [string, string])[] = [],
  settle: ((input: number | null, output: number | null) => void) | null = null,
): ChangedMessage {
  const numbers = { matchNumber: 1, hitNumber: 1, random: () => 0, marker: null };
  const decision: Decision = { rule: "r", source: "file", fault, ...numbers };
  const plan = { kind: "change", fault, ends: false, headers: [], settle } as const;
  const request = { target: "/v1/messages", headers: [] };
  return new ChangedMessage({
    decision,
    plan,
    request,
    requestId: "",
    nowMs: 0,
    response: { headers, isEncoded: true },
  });
}

const show = (actions: readonly MessageAction[]): string =>
  actions
    .map((one) => (one.kind === "bytes" ? new TextDecoder().decode(one.bytes) : `<${one.kind}>`))
    .join("");

/** All that comes of ten bytes, and of so much time behind them. */
function run(changed: ChangedMessage, chunkBytes: number, isWhole = true, waitMs = 1000): string {
  const body = ascii("0123456789");
  const actions = changed.begin(0);
  for (let from = 0; from < body.length; from += chunkBytes)
    actions.push(...changed.push(body.subarray(from, from + chunkBytes), 0));
  actions.push(...changed.finish(0, isWhole));
  const early = show(actions);
  const late = show(changed.wake(waitMs));
  return late === "" ? early : `${early} … ${late}`;
}

const truncate: Fault = { kind: "http.truncate", after: { kind: "bytes", bytes: 4 } };
const cases: readonly (readonly [what: string, fault: Fault, isWhole: boolean, expected: string])[] = [
  ["is cut behind so many bytes of data", { kind: "connection.reset", at: at(4) }, true, "<head>0123<reset>"],
  ["never begins", { kind: "connection.close", at: at(0) }, true, "<close>"],
  ["stalls", { kind: "connection.stall", at: at(4), forMs: 50 }, true, "<head>0123 … 456789<end>"],
  ["stalls for ever", { kind: "connection.stall", at: at(4), forMs: null }, true, "<head>0123"],
  ["begins late", { kind: "connection.stall", at: at(0), forMs: 50 }, true, " … <head>0123456789<end>"],
  ["is truncated", truncate, true, "<head>0123<close>"],
  [
    "comes late, and its body later",
    { kind: "http.delay", beforeHead: fixed(10), beforeBody: null, perChunk: null },
    true,
    " … <head>0123456789<end>",
  ],
  [
    "does not look whole where it broke off upstream",
    { kind: "http.delay", beforeHead: fixed(10), beforeBody: null, perChunk: null },
    false,
    " … <head>0123456789<close>",
  ],
];

describe.each(cases)("a message that %s", (_, fault, isWhole, expected) => {
  it.each([1, 3, 10])("in parts of %i bytes", (chunkBytes) => {
    const changed = changedBy(fault);
    expect(run(changed, chunkBytes, isWhole)).toBe(expected);
    const isForEver = expected.endsWith("0123");
    expect(changed.isOver).toBe(!isForEver);
    expect(changed.isCut).toBe(/<(?:close|reset)>/.test(expected));
    expect(changed.undoneReason).toBeNull();
  });
});

it("is left alone where its data is coded and the fault has to read it", () => {
  const coded = [
    ["content-type", "text/event-stream"],
    ["content-encoding", "gzip"],
  ] as const;
  const changed = changedBy({ kind: "model.empty-content" }, coded);
  expect(run(changed, 3)).toBe("<head>0123456789<end>");
  expect(changed.undoneReason).toBe("the response is compressed");
});

it.each(["identity", "Identity", ""])(
  "is read where its content-encoding is %j, which codes nothing",
  (coding) => {
    const headers = [
      ["content-type", "text/event-stream"],
      ["content-encoding", coding],
    ] as const;
    const changed = changedBy({ kind: "model.empty-content" }, headers);
    run(changed, 3);
    expect(changed.undoneReason).not.toBe("the response is compressed");
  },
);

it.each([
  [true, [[3, 5]]],
  [false, []],
])("tells what was used where the body came whole (%s), and only then", (isWhole, expected) => {
  const used: unknown[] = [];
  const delay: Fault = { kind: "http.delay", beforeHead: fixed(10), beforeBody: null, perChunk: null };
  const changed = changedBy(delay, [["content-type", "application/json"]], (...tokens) => used.push(tokens));
  changed.begin(0);
  changed.push(ascii('{"usage":{"input_tokens":3,'), 0);
  changed.push(ascii('"output_tokens":5}}'), 0);
  expect(used).toEqual([]);
  changed.finish(0, isWhole);
  expect(used).toEqual(expected);
});

it("is cut whatever came in one part with the cut", () => {
  for (let bytes = 1; bytes <= 10; bytes++) {
    const changed = changedBy(truncate);
    run(changed, bytes);
    expect(changed.isCut, `in parts of ${bytes}`).toBe(true);
  }
});

it("is cut behind a share of the bytes that its head declares, where that says how many are as they come", () => {
  const share: Fault = { kind: "http.truncate", after: { kind: "share", share: 0.4 } };
  const unknown = "<head>0123456789<end>";
  for (const [headers, expected] of [
    [[["content-length", "10"]], "<head>0123<close>"],
    [[], unknown],
    [[["content-length", "10, 10"]], unknown],
    [[["content-length", "x10"]], unknown],
  ] as const) {
    const changed = changedBy(share, headers);
    expect(run(changed, 3), JSON.stringify(headers)).toBe(expected);
    expect(changed.undoneReason === null).toBe(expected !== unknown);
  }
});
