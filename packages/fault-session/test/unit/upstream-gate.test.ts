/** What waits behind a question of the carrier's own, and what becomes of it; bytes and moments alone. */
import { encodeHead, type RequestHead, ResponseReader } from "@faultwire/http1";
import { beforeEach, expect, it } from "vitest";
import { questionLimits, UpstreamGate } from "../../src/http/upstream-gate.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const question: RequestHead = {
  kind: "head",
  method: "OPTIONS",
  target: "/",
  version: "1.1",
  headers: [["Host", "api.test"]],
  framing: { kind: "none" },
  keepAlive: true,
  bytes: encodeHead("OPTIONS / HTTP/1.1", [["Host", "api.test"]]),
};
const exact = "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n";
const named = "HTTP/1.1 404 No\r\nContent-Length: 5\r\n\r\n";
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

let nowMs: number;
let sent: string;
let reader: ResponseReader;
let gate: UpstreamGate;
beforeEach(() => {
  nowMs = 1000;
  sent = "";
  reader = new ResponseReader();
  gate = new UpstreamGate({
    now: () => nowMs,
    send: (bytes) => {
      sent += Buffer.from(bytes).toString("latin1").split(" ", 2).join(" ").trimEnd();
      sent += "; ";
    },
    expect: (method) => reader.expect(method),
  });
});

/** A request of the client goes. */
function request(name: string): void {
  gate.send(ascii(`GET ${name} HTTP/1.1\r\n\r\n`));
  gate.expect("GET");
}
/** The upstream says something. @returns the kinds of what can be taken of it. */
const heard = (text: string): string[] => {
  const items = reader.push(ascii(text));
  return gate.heard(items, reader.pendingBytes).map(({ kind }) => kind);
};

it("keeps nothing back where nothing was asked, and takes whatever comes", () => {
  request("/1");
  expect(heard(ok)).toEqual(["head", "body", "end"]);
  expect(heard("HTTP/1.1 408 Late")).toEqual([]);
  expect(gate.isBroken).toBe(false);
  request("/2");
  expect(sent).toBe("GET /1; GET /2; ");
});

it("lets a request wait for a question's answer, counts its bytes, and sends it once the answer is there", () => {
  gate.ask(question);
  request("/1");
  expect(sent).toBe("OPTIONS /; ");
  expect(gate.heldBytes).toBe("GET /1 HTTP/1.1\r\n\r\n".length);
  expect(gate.wakeAtMs).toBe(1000 + questionLimits.maxAnswerMs);
  expect(heard(exact)).toEqual(["head", "end"]);
  expect(sent).toBe("OPTIONS /; GET /1; ");
  expect(gate.heldBytes).toBe(0);
  expect(heard(ok)).toEqual(["head", "body", "end"]);
});

it("keeps the order where a second question stands behind a request that waits", () => {
  gate.ask(question);
  request("/1");
  gate.ask(question);
  request("/2");
  expect(sent).toBe("OPTIONS /; ");
  heard(exact);
  expect(sent).toBe("OPTIONS /; GET /1; OPTIONS /; ");
  heard(ok);
  expect(sent).toBe("OPTIONS /; GET /1; OPTIONS /; ");
  heard(exact);
  expect(sent).toBe("OPTIONS /; GET /1; OPTIONS /; GET /2; ");
});

it("lets a request wait until an answer's body has come, and takes nothing of that for the request's", () => {
  gate.ask(question);
  request("/1");
  expect(heard(named)).toEqual(["head"]);
  nowMs += questionLimits.maxAnswerMs - 1;
  expect(gate.wake()).toBe(true);
  expect(sent).toBe("OPTIONS /; ");
  expect(heard("HTTP/")).toEqual(["body", "end"]);
  expect(sent).toBe("OPTIONS /; GET /1; ");
  expect(heard(ok)).toEqual(["head", "body", "end"]);
});

it("takes nothing that no request asked for, once a request was answered here", () => {
  request("/1");
  gate.guard();
  expect(heard(ok)).toEqual(["head", "body", "end"]);
  request("/2");
  expect(sent).toBe("GET /1; GET /2; ");
  expect(heard(`${ok}${ok}`)).toEqual(["head", "body", "end", "malformed"]);
  expect(gate.isBroken).toBe(true);
});

it("takes no beginning of a response either that no request asked for", () => {
  gate.guard();
  expect(heard("HTT")).toEqual(["malformed"]);
  expect(gate.isBroken).toBe(true);
});

it("gives the connection up at the limit, and sends nothing of what waited", () => {
  gate.ask(question);
  request("/1");
  nowMs += questionLimits.maxAnswerMs - 1;
  expect(gate.wake()).toBe(true);
  nowMs += 1;
  expect(gate.wake()).toBe(false);
  expect(gate.isBroken).toBe(true);
  expect(gate.heldBytes).toBe(0);
  request("/2");
  expect(heard(exact)).toEqual([]);
  expect(sent).toBe("OPTIONS /; ");
});

it("is as strict where an interim response comes at the limit", () => {
  gate.ask(question);
  request("/1");
  nowMs += questionLimits.maxAnswerMs;
  expect(heard("HTTP/1.1 103 Early Hints\r\n\r\n")).toEqual(["interim", "malformed"]);
  expect(gate.isBroken).toBe(true);
});

it("drops what can't be sent later, and takes the answer that is due, but nothing behind it", () => {
  gate.ask(question);
  request("/1");
  expect(gate.drop()).toBe(true);
  expect(gate.heldBytes).toBe(0);
  request("/2");
  gate.ask(question);
  expect(heard(exact)).toEqual(["head", "end", "malformed"]);
  expect(sent).toBe("OPTIONS /; ");
});

it("sends nothing once something was dropped, whoever opens it", () => {
  gate.ask(question);
  request("/1");
  gate.drop();
  gate.open();
  request("/2");
  gate.ask(question);
  gate.open();
  expect(sent).toBe("OPTIONS /; ");
});

it("sends what waits where nothing is read any more, questions included", () => {
  gate.ask(question);
  request("/1");
  gate.ask(question);
  request("/2");
  gate.open();
  expect(sent).toBe("OPTIONS /; GET /1; OPTIONS /; GET /2; ");
  request("/3");
  expect(sent).toMatch(/GET \/3; $/);
});

it("stays closed, whoever opens it", () => {
  gate.ask(question);
  request("/1");
  gate.close();
  gate.open();
  request("/2");
  gate.ask(question);
  expect(sent).toBe("OPTIONS /; ");
});

it.each(["HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 304 Not Modified\r\n\r\n", exact])(
  "waits no longer behind an answer that has no body in any case: %j",
  (answer) => {
    gate.ask(question);
    expect(heard(answer)).toEqual(["head", "end"]);
    request("/1");
    expect([sent, gate.wakeAtMs]).toEqual(["OPTIONS /; GET /1; ", undefined]);
  },
);

it("does not use a connection again that an answer ends, and takes the end of one that was asked for", () => {
  const closing = exact.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
  gate.ask(question);
  request("/1");
  expect(heard(closing)).toEqual(["head", "end", "malformed"]);
  expect([gate.isBroken, sent]).toEqual([true, "OPTIONS /; "]);
  const last = new UpstreamGate({
    now: () => nowMs,
    send: () => {},
    expect: (method) => reader.expect(method),
  });
  reader = new ResponseReader();
  last.ask({ ...question, keepAlive: false });
  const items = last.heard(reader.push(ascii(closing)), reader.pendingBytes);
  expect([items.map(({ kind }) => kind), last.isBroken]).toEqual([["head", "end"], false]);
});

it("takes no answer that comes behind the limit, though nobody has looked since", () => {
  gate.ask(question);
  nowMs += questionLimits.maxAnswerMs;
  expect(heard(exact)).toEqual(["head", "end"]);
  gate.ask(question);
  nowMs += questionLimits.maxAnswerMs + 1;
  expect(heard(exact)).toEqual(["head", "end", "malformed"]);
});

it.each([
  ["no HTTP", "220 ready ESMTP\r\n"],
  ["another protocol", "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\ncrafted"],
  ["a head that can't be read", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"],
])("takes nothing any more where a question is answered by %s", (_, answer) => {
  gate.ask(question);
  request("/1");
  expect(heard(answer)).toEqual(["malformed"]);
  expect([gate.isBroken, heard(ok), sent]).toEqual([true, [], "OPTIONS /; "]);
});

const final = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";
const untilClose = "HTTP/1.1 400 No\r\nConnection: close\r\n\r\n";

it("lets nothing go behind a request that was sent as the last, and is not used again behind its response", () => {
  request("/1");
  gate.last();
  expect(gate.takesMore).toBe(false);
  gate.ask(question);
  expect([gate.isShut, sent]).toEqual([false, "GET /1; "]);
  request("/2");
  expect([gate.isShut, gate.heldBytes, sent]).toEqual([true, 0, "GET /1; "]);
  expect(heard(ok)).toEqual(["head", "body", "end", "malformed"]);
  expect(gate.isBroken).toBe(true);
});

it("goes on behind such a request where its upstream has answered it and does not close", () => {
  request("/1");
  gate.last();
  expect(heard(ok)).toEqual(["head", "body", "end"]);
  expect(gate.takesMore).toBe(true);
  request("/2");
  expect([gate.isShut, sent]).toEqual([false, "GET /1; GET /2; "]);
});

it("marks a request as the last in its turn, where it waits behind a question, and refuses what waits behind it", () => {
  request("/1");
  gate.ask(question);
  request("/2");
  gate.last();
  request("/3");
  heard(ok);
  heard(exact);
  expect(sent).toBe("GET /1; OPTIONS /; GET /2; ");
  expect([gate.isShut, gate.isBroken, gate.heldBytes]).toEqual([true, false, 0]);
  expect(heard(ok)).toEqual(["head", "body", "end", "malformed"]);
});

it.each([
  ["whose length is known", final],
  ["that lasts until the upstream ends", untilClose],
])("refuses what waits behind a response of the client's that is the upstream's last, %s", (_, last) => {
  request("/1");
  gate.ask(question);
  request("/2");
  expect(gate.heldBytes).toBeGreaterThan(0);
  expect(heard(last)).not.toContain("malformed");
  expect([gate.isShut, gate.isBroken, gate.heldBytes, sent]).toEqual([true, false, 0, "GET /1; OPTIONS /; "]);
});

it("does not refuse what the client says behind such a response, where nothing was asked: it goes through as it came", () => {
  request("/1");
  expect(heard(final)).toEqual(["head", "body", "end"]);
  request("/2");
  expect(sent).toBe("GET /1; GET /2; ");
});

it("lets all go where nothing is told apart any more, behind a last request, too", () => {
  request("/1");
  gate.ask(question);
  request("/2");
  gate.last();
  request("/3");
  gate.open();
  request("/4");
  expect(sent).toBe("GET /1; OPTIONS /; GET /2; GET /3; GET /4; ");
});
