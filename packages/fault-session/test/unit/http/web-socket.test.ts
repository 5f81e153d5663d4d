/** WebSockets that pass: byte for byte, counted, and with next to nothing kept, whatever either side says. */
import { randomChunks, seededRandom } from "@faultwire/testkit/chunkers";
import { encodeClose, encodeFrame } from "@faultwire/websocket";
import { describe, expect, it } from "vitest";
import { type ConnectionSession, sessionLimits } from "../../../src/index.ts";
import {
  closeFrame,
  fromClient,
  fromServer,
  openWith,
  upgrade,
  upgraded,
} from "../../support/fault-cases/websocket-cases.ts";
import { FaultRig } from "../../support/fault-rig.ts";
import { errorFault, scriptedPolicy } from "../../support/scripted-policy.ts";
import { sockets } from "../../support/socket-pair.ts";

const plain = { way: "plain", carrier: sockets } as const;
const mask = Uint8Array.of(1, 2, 3, 4);
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

/** A WebSocket in clear that is open, with what both sides said left out so far. */
async function open(): Promise<{
  readonly link: FaultRig["link"];
  readonly events: ReturnType<typeof scriptedPolicy>["events"];
  /** Says bytes; gives those that the other side got. */
  says(from: "client" | "server", bytes: Uint8Array): Promise<Buffer>;
}> {
  const policy = scriptedPolicy({});
  const link = sockets.link({ policy });
  link.says("client", upgrade);
  await link.run(1);
  link.says("server", upgraded);
  await link.run(1);
  return {
    link,
    events: policy.events,
    async says(from, bytes) {
      const to = from === "client" ? "server" : "client";
      const before = link.got(to).length;
      link.says(from, bytes);
      await link.run(1);
      return Buffer.from(link.got(to).subarray(before));
    },
  };
}

describe("a WebSocket without a fault", () => {
  it("passes every byte of both sides, frames or not, at any chunking", async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const random = seededRandom(seed);
      const socket = await open();
      for (const from of ["server", "client"] as const) {
        const isClient = from === "client";
        const parts: Uint8Array[] = [];
        for (let at = 0; at < 8; at++) {
          const payload = new Uint8Array(Math.floor(random() * 300)).fill(at);
          const type = random() < 0.2 ? "ping" : "text";
          parts.push(
            encodeFrame({
              type,
              payload: type === "ping" ? payload.subarray(0, 125) : payload,
              ...(isClient && { mask }),
            }),
          );
        }
        // Some are no frames at all.
        if (seed % 3 === 0) parts.push(Uint8Array.of(0x83, 0xff, 1, 2, 3));
        const wire = Buffer.concat(parts);
        const got: Buffer[] = [];
        for (const chunk of randomChunks(wire, 1, 60, random)) got.push(await socket.says(from, chunk));
        expect(Buffer.concat(got)).toEqual(wire);
      }
      await socket.link.close();
    }
  });

  it("is told as one: messages and bytes of each side, and how it was closed", async () => {
    const { rig } = await openWith(plain, null, [fromServer("one"), fromServer("two"), closeFrame(1000)], {
      said: [fromClient("hello")],
    });
    rig.send(closeFrame(1000, "", true));
    await rig.run(5);
    expect(rig.told("response")).toMatchObject([{ status: 101 }]);
    expect(rig.told("end")).toMatchObject([
      {
        how: "complete",
        webSocket: {
          client: { messages: 1, bytes: 5 },
          server: { messages: 2, bytes: 6 },
          close: { by: "server", code: 1000 },
        },
      },
    ]);
    expect(rig.told("unread")).toEqual([]);
    expect(JSON.stringify(rig.policy.events)).not.toMatch(/hello|one|two/);
  });

  it.each([
    [closeFrame(1012), "cut", { by: "server", code: 1012 }],
    [closeFrame(4001), "complete", { by: "server", code: 4001 }],
    [latin1(encodeFrame({ type: "close" })), "complete", { by: "server", code: null }],
  ] as const)("closed by the server %#: %s", async (frame, how, close) => {
    const { rig } = await openWith(plain, null, [frame]);
    expect(rig.told("end")).toMatchObject([{ how, webSocket: { close } }]);
  });

  it("an end without a close is a cut where the upstream ends, and the client's own where that goes", async () => {
    for (const [side, how] of [
      ["server", "cut"],
      ["client", "abandoned"],
    ] as const) {
      const { rig } = await openWith(plain, null, [fromServer("one")]);
      rig.link.ends(side);
      await rig.run(5);
      expect(rig.told("end")).toMatchObject([{ how, webSocket: { close: null } }]);
    }
  });

  it.each([
    ["was said during a stall", 0, 1012, "cut"],
    ["comes behind a stall", 100, 1000, "complete"],
  ] as const)("a close that %s is the one that is told", async (_what, afterMs, code, how) => {
    const fault = {
      kind: "websocket.stall",
      at: { kind: "messages", messages: 1, from: "server" },
      of: "server",
      forMs: 50,
    } as const;
    const frames = [fromServer("one"), fromServer("two"), { afterMs, text: closeFrame(code) }];
    const { rig } = await openWith(plain, fault, frames, { ms: 200 });
    rig.send(closeFrame(code, "", true));
    await rig.run(20);
    expect(rig.told("end")).toMatchObject([{ how, webSocket: { close: { by: "server", code } } }]);
  });

  it("frames that can't be read are told once, and pass", async () => {
    const socket = await open();
    const wire = Uint8Array.of(0x83, 0, 1, 2);
    expect(await socket.says("server", wire)).toEqual(Buffer.from(wire));
    expect(await socket.says("server", wire)).toEqual(Buffer.from(wire));
    expect(socket.events.filter(({ type }) => type === "unread")).toMatchObject([
      { reason: "bad-frame", from: "server" },
    ]);
    await socket.link.close();
  });

  it("a compressed message is one, where the two have agreed on it", async () => {
    const compressed = latin1(encodeFrame({ type: "text", reserved: 4, payload: Uint8Array.of(1, 2, 3) }));
    const agreed = upgraded.replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n");
    const rig = new FaultRig({ ...plain, requests: [null], answer: () => [agreed + compressed, null] });
    rig.send(upgrade);
    await rig.run(20);
    expect(rig.received).toBe(agreed + compressed);
    expect(rig.told("unread")).toEqual([]);
    expect(rig.told("end")).toMatchObject([{ webSocket: { server: { messages: 1, bytes: 3 } } }]);
  });
});

describe("floods of either side: passed on, and nothing grows", () => {
  const floods = {
    "empty frames": (isClient: boolean) => encodeFrame({ type: "text", ...(isClient && { mask }) }),
    pings: (isClient: boolean) =>
      encodeFrame({ type: "ping", payload: new Uint8Array(125), ...(isClient && { mask }) }),
    "frames of a message without an end": (isClient: boolean, at: number) =>
      encodeFrame({ type: at === 0 ? "text" : "continuation", fin: false, ...(isClient && { mask }) }),
    "a length of 2^53 - 1": (isClient: boolean, at: number) =>
      at === 0
        ? encodeFrame({ type: "binary", declaredBytes: Number.MAX_SAFE_INTEGER, ...(isClient && { mask }) })
        : new Uint8Array(64),
    closes: (isClient: boolean) =>
      encodeFrame({ type: "close", payload: encodeClose(1000), ...(isClient && { mask }) }),
  };
  it.each(Object.entries(floods))("%s", async (_what, frame) => {
    for (const from of ["client", "server"] as const) {
      const socket = await open();
      const events = socket.events.length;
      for (let round = 0; round < 20; round++) {
        const wire = Buffer.concat(
          Array.from({ length: 100 }, (_, at) => frame(from === "client", round * 100 + at)),
        );
        expect(await socket.says(from, wire)).toEqual(wire);
      }
      expect(socket.events.length).toBeLessThanOrEqual(events + 1);
      await socket.link.close();
    }
  });

  it("behind a fault that waits, a side is read no more before too much is kept", async () => {
    const link = sockets.link({
      policy: scriptedPolicy({
        request: () => ({
          kind: "websocket.pace",
          from: "server",
          firstMessageMs: 60_000,
          messageMs: 60_000,
          jitterMs: 0,
        }),
      }),
    });
    link.says("client", upgrade);
    await link.run(1);
    link.says("server", upgraded);
    const { session } = link as unknown as { readonly session: ConnectionSession };
    const message = encodeFrame({ type: "binary", payload: new Uint8Array(60_000) });
    let said = 0;
    while (!session.isFull("server") && said < 100) {
      session.receive("server", message);
      said++;
    }
    expect(session.heldBytes("server")).toBeLessThanOrEqual(sessionLimits.maxHeldBytes + message.length);
    expect(said).toBe(Math.ceil(sessionLimits.maxHeldBytes / message.length));
    link.close();
  });
});

describe("a request for a WebSocket", () => {
  it("is answered by http.error as any other, and the upstream sees nothing", async () => {
    const rig = new FaultRig({ ...plain, requests: [errorFault("openai/rate_limit_exceeded", 2)] });
    rig.send(upgrade);
    await rig.run(20);
    expect(rig.received).toMatch(/^HTTP\/1\.1 429 /);
    expect(rig.received).toMatch(/retry-after: 2/i);
    expect(rig.upstreamText).toBe("");
    expect(rig.told("done")).toMatchObject([{ fault: "http.error" }]);
  });

  it("that is refused upstream leaves its fault undone, and the refusal as it was", async () => {
    const refusal = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno";
    const rig = new FaultRig({
      ...plain,
      requests: [{ kind: "websocket.no-pong", from: "server", afterPongs: 0 }],
      answer: () => [refusal],
    });
    rig.send(upgrade);
    await rig.run(20);
    expect(rig.received).toBe(refusal);
    expect(rig.told("undone")).toMatchObject([{ reason: "the response opens no WebSocket" }]);
  });

  it("whose rule is for responses is told which faults there are", async () => {
    const rig = new FaultRig({
      ...plain,
      requests: [{ kind: "stream.cut", at: { kind: "events", events: 1 }, stop: "fin" }],
      answer: () => [upgraded],
    });
    rig.send(upgrade);
    await rig.run(20);
    expect(rig.received).toBe(upgraded);
    expect(rig.told("undone")).toMatchObject([
      { reason: "the connection became a WebSocket: write a fault of that" },
    ]);
  });
});
