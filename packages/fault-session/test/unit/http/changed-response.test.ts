/** What a changed response lets through, when, and in which order. */
import type { Decision, Fault } from "@faultwire/fault-engine";
import {
  type BodyItem,
  type RequestHead,
  RequestReader,
  type ResponseHead,
  ResponseReader,
} from "@faultwire/http1";
import { describe, expect, it } from "vitest";
import { ChangedResponse } from "../../../src/http/changed-response.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

function changedBy(fault: Fault, wire: string) {
  const decision: Decision = {
    rule: "r",
    source: "file",
    fault,
    matchNumber: 1,
    hitNumber: 1,
    random: () => 0,
    marker: null,
  };
  const requests = new RequestReader();
  const request = requests.push(ascii("GET / HTTP/1.1\r\nHost: api.test\r\n\r\n"))[0] as RequestHead;
  const responses = new ResponseReader();
  responses.expect("GET");
  const [head, ...items] = responses.push(ascii(wire));
  const plan = { kind: "change", fault, ends: false, headers: [], settle: null } as const;
  const changed = new ChangedResponse({
    decision,
    plan,
    request,
    head: head as ResponseHead,
    requestId: "",
    nowMs: 0,
  });
  return { changed, items: items as BodyItem[] };
}

const text = (actions: readonly { readonly kind: string; readonly bytes?: Uint8Array }[]): string =>
  actions.map(({ kind, bytes }) => (bytes ? new TextDecoder().decode(bytes) : `<${kind}>`)).join("");

const head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";

describe("a response that is changed", () => {
  it("keeps its order where its bytes come before the call for a time that has passed", () => {
    const delayed: Fault = {
      kind: "http.delay",
      beforeHead: { kind: "fixed", ms: 100 },
      beforeBody: null,
      perChunk: null,
    };
    const { changed, items } = changedBy(delayed, `${head}0123456789`);
    expect(text(changed.begin(0))).toBe("");
    // A busy machine: the upstream's bytes are there before the timer has fired.
    const out = items.flatMap((item) => changed.push(item, 150));
    expect(text([...out, ...changed.wake(151)])).toBe(`${head}0123456789<end>`);
    expect(changed.isOver).toBe(true);
  });

  it("stalls for a time behind so many bytes, and keeps its order as well", () => {
    const stall: Fault = {
      kind: "connection.stall",
      at: { kind: "bytes", from: "server", bytes: head.length + 4 },
      forMs: 100,
    };
    const { changed, items } = changedBy(stall, `${head}0123456789`);
    const [body, end] = items;
    if (!body || !end) throw new Error("a body and its end expected");
    expect(text([...changed.begin(0), ...changed.push(body, 0)])).toBe(`${head}0123`);
    expect(changed.pendingBytes).toBe(6);
    expect(changed.wakeAtMs).toBe(100);
    expect(text(changed.push(end, 150))).toBe("456789<end>");
    expect(changed.undoneReason).toBeNull();
  });

  it("is cut behind so many bytes, its head counted", () => {
    for (let at = 1; at < head.length + 10; at++) {
      const { changed, items } = changedBy(
        { kind: "connection.reset", at: { kind: "bytes", from: "server", bytes: at } },
        `${head}0123456789`,
      );
      const out = [...changed.begin(0), ...items.flatMap((item) => changed.push(item, 0))];
      expect(text(out)).toBe(`${`${head}0123456789`.slice(0, at)}<reset>`);
      expect([changed.isCut, changed.isOver, changed.hasStruck]).toEqual([true, true, true]);
    }
  });

  it("says that it was too short for its point", () => {
    const { changed, items } = changedBy(
      { kind: "connection.close", at: { kind: "bytes", from: "server", bytes: 1000 } },
      `${head}0123456789`,
    );
    const out = [...changed.begin(0), ...items.flatMap((item) => changed.push(item, 0))];
    expect(text(out)).toBe(`${head}0123456789<end>`);
    expect(changed.undoneReason).toBe("the response ended before so many bytes");
    expect(changed.isCut).toBe(false);
  });

  it("is broken off where the upstream's body can't be read, and by nothing else", () => {
    const delayed: Fault = {
      kind: "http.delay",
      beforeHead: { kind: "fixed", ms: 100 },
      beforeBody: null,
      perChunk: null,
    };
    const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n";
    for (const [rest, isBrokenOff] of [
      ["0\r\n\r\n", false],
      ["none\r\n", true],
    ] as const) {
      const { changed, items } = changedBy(delayed, chunked + rest);
      changed.begin(0);
      const seen = items.map((item) => {
        changed.push(item, 0);
        return changed.isBrokenOff;
      });
      expect(seen.length).toBeGreaterThan(1);
      expect(seen).toEqual(items.map(({ kind }) => kind === "malformed"));
      expect(seen.at(-1)).toBe(isBrokenOff);
    }
  });

  it("gives what it holds where the rest can't be read", () => {
    const { changed, items } = changedBy(
      {
        kind: "connection.stall",
        at: { kind: "bytes", from: "server", bytes: head.length + 4 },
        forMs: 100,
      },
      `${head}0123456789`,
    );
    const [body] = items;
    if (!body) throw new Error("a body expected");
    changed.begin(0);
    changed.push(body, 0);
    expect(text(changed.release(1))).toBe("456789");
    expect(changed.pendingBytes).toBe(0);
  });
});
