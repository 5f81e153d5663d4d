/**
 * Our readers beside llhttp (Node's own reader), message by message: what both take they take the same way, and where only one
 * takes a message, the difference is named with its reason in llhttp-differences.ts.
 */
import { type AnyItem, bytesOf, readAll, textOf } from "@faultwire/testkit/http-summary";
import { describe, expect, it } from "vitest";
import { RequestReader, ResponseReader } from "../../src/index.ts";
import { llhttpMessages, type Message } from "../support/llhttp.ts";
import { requestCases, responseCases } from "../support/llhttp-cases.ts";
import { type Difference, requestDifferences, responseDifferences } from "../support/llhttp-differences.ts";

const [major = 0, minor = 0] = (process.versions["llhttp"] ?? "").split(".").map(Number);
const isOldLlhttp = major < 9 || (major === 9 && minor < 4);

/** Whole messages in front of whatever was refused, and whether anything was. */
interface Reading {
  readonly messages: readonly Message[];
  readonly isRefused: boolean;
}

function ours(wire: string, isRequest: boolean): Reading {
  const reader = isRequest ? new RequestReader() : new ResponseReader();
  if (reader instanceof ResponseReader) for (let at = 0; at < 3; at++) reader.expect("GET");
  const items: AnyItem[] = readAll<AnyItem>(reader, [bytesOf(wire)], true);
  const messages: Message[] = [];
  let current: Message | undefined;
  for (const item of items) {
    if (item.kind === "head" || item.kind === "interim") {
      const head = item as unknown as {
        method?: string;
        target?: string;
        status?: number;
        headers: readonly unknown[];
      };
      const start = head.method === undefined ? String(head.status) : `${head.method} ${head.target}`;
      current = { start, headers: head.headers.length, body: "" };
      // A head that switches protocols is a message of its own.
      if (item.kind === "interim") messages.push(current);
    } else if (item.kind === "body" && current) current.body += textOf(item.data);
    else if (item.kind === "end" && current) messages.push(current);
  }
  const malformed = items.find((item) => item.kind === "malformed");
  return { messages, isRefused: malformed?.kind === "malformed" && malformed.code !== "truncated" };
}

function llhttps(wire: string, isRequest: boolean): Reading {
  const { messages, refused } = llhttpMessages(bytesOf(wire), isRequest);
  return { messages, isRefused: refused !== undefined && refused !== "HPE_INVALID_EOF_STATE" };
}

/** How we differ: `undefined` where we say the same. */
function difference(wire: string, isRequest: boolean): Difference["how"] | undefined {
  const [mine, theirs] = [ours(wire, isRequest), llhttps(wire, isRequest)];
  const [few, many] = [mine.messages, theirs.messages];
  const common = Math.min(few.length, many.length);
  if (JSON.stringify(few.slice(0, common)) !== JSON.stringify(many.slice(0, common))) return "other";
  if (mine.isRefused !== theirs.isRefused) return mine.isRefused ? "stricter" : "wider";
  if (few.length !== many.length) return few.length < many.length ? "stricter" : "wider";
  return undefined;
}

for (const [what, cases, differences, isRequest] of [
  ["requests", requestCases, requestDifferences, true],
  ["responses", responseCases, responseDifferences, false],
] as const)
  describe(`${what} of llhttp's kinds`, () => {
    it.each(cases)("%s", (name, wire) => {
      const expected = differences.find(({ cases: names }) => names.includes(name));
      const isGone = expected?.isOld === true && !isOldLlhttp;
      expect(difference(wire, isRequest)).toBe(isGone ? undefined : expected?.how);
    });

    it("each difference that is named is one", () => {
      const names = cases.map(([name]) => name);
      for (const { cases: named } of differences) for (const name of named) expect(names).toContain(name);
      expect(new Set(names).size).toBe(names.length);
    });
  });
