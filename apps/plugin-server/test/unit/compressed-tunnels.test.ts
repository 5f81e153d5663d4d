/** Compressed responses in a tunnel of the Fault proxy: a fault that reads one works on its content. */
import * as zlib from "node:zlib";
import type { Fault } from "@faultwire/fault-engine";
import { FaultDesk } from "@faultwire/fault-session";
import { contentCodings } from "@faultwire/runtime";
import { describe, expect, it } from "vitest";
import { dechunk } from "../../../../packages/fault-session/test/support/fault-cases/fault-case.ts";
import {
  type ScriptedPolicy,
  scriptedPolicy,
} from "../../../../packages/fault-session/test/support/scripted-policy.ts";
import { HttpsTunnel } from "../../../../packages/tunnel/test/support/https-tunnel.ts";
import { TunnelProbe } from "../../../../packages/tunnel/test/support/tunnel-probe.ts";

const get = "GET / HTTP/1.1\r\nHost: api.test\r\n\r\n";
const events = (...at: number[]): string => at.map((one) => `data: {"event":${one}}\n\n`).join("");
const every = { indices: null, types: null, every: 1, probability: null };
const twice: Fault = { kind: "stream.duplicate", events: every };
const cut: Fault = { kind: "stream.cut", at: { kind: "events", events: 2 }, stop: "fin" };
const sync = zlib.constants.Z_SYNC_FLUSH;

type Code = (content: string) => Buffer;
const codings: readonly (readonly [string, Code, (coded: Buffer) => Buffer])[] = [
  ["gzip", zlib.gzipSync, (coded) => zlib.gunzipSync(coded, { finishFlush: sync })],
  ["deflate", zlib.deflateSync, (coded) => zlib.inflateSync(coded, { finishFlush: sync })],
  [
    "br",
    zlib.brotliCompressSync,
    (coded) => zlib.brotliDecompressSync(coded, { finishFlush: zlib.constants.BROTLI_OPERATION_FLUSH }),
  ],
];

const answer = (coding: string, body: Buffer): string =>
  `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\n\r\n${body.toString("latin1")}`;

interface Way {
  /** What the client gets of one exchange. */
  ask(response: string): Promise<string>;
  /** Whether the client's connection ends; in clear, the first answer of a tunnel ends with the upstream's own end at the latest. */
  ends(): Promise<boolean>;
}

const inClear = (policy: ScriptedPolicy, desk: FaultDesk): Way => {
  const probe = new TunnelProbe({ policy, desk });
  return {
    async ask(response) {
      probe.says("client", get);
      await probe.run(20);
      probe.says("server", Buffer.from(response, "latin1"), 40);
      await probe.run(40);
      return probe.take("client");
    },
    async ends() {
      probe.ends("server");
      await probe.run(20);
      return probe.ended.has("server");
    },
  };
};

const opened = (policy: ScriptedPolicy, desk: FaultDesk): Way => {
  const tunnel = new HttpsTunnel({ policy, desk });
  let response = "";
  tunnel.serve(() => response);
  return {
    async ask(next) {
      response = next;
      await tunnel.settle();
      return tunnel.exchange(get);
    },
    async ends() {
      return tunnel.client.hasFinished || tunnel.client.error !== undefined;
    },
  };
};

describe.each([
  ["in clear", inClear],
  ["opened", opened],
])("%s", (_way, make) => {
  const begin = (fault: Fault | null): { way: Way; policy: ScriptedPolicy } => {
    const policy = scriptedPolicy({ request: (number) => (number === 0 ? fault : null) });
    return { way: make(policy, new FaultDesk(() => 0, contentCodings)), policy };
  };

  describe.each(codings)("%s", (coding, close, open) => {
    it("is opened and closed again, and the tunnel goes on behind it", async () => {
      const { way, policy } = begin(twice);
      const response = answer(coding, close(events(1, 2, 3)));
      const got = await way.ask(response);
      expect(got).toMatch(new RegExp(`^HTTP/1.1 200 OK\r\n.*content-encoding: ${coding}\r\n`, "is"));
      const { body, isWhole } = dechunk(got);
      expect(isWhole).toBe(true);
      expect(String(open(Buffer.from(body, "latin1")))).toBe(events(1, 1, 2, 2, 3, 3));
      expect(await way.ask(response)).toBe(response);
      const told = policy.events.flatMap((event) =>
        event.type === "done" || event.type === "undone" || event.type === "end" ? [event] : [],
      );
      expect(told).toMatchObject([
        { type: "done", fault: "stream.duplicate" },
        { type: "end", how: "complete" },
        { type: "end", how: "complete", events: 3 },
      ]);
    });

    it("is cut in its content, and all before the cut can be read", async () => {
      const { way, policy } = begin(cut);
      const got = await way.ask(answer(coding, close(events(1, 2, 3))));
      const { body, isWhole } = dechunk(got);
      expect(isWhole).toBe(false);
      expect(String(open(Buffer.from(body, "latin1")))).toBe(events(1, 2));
      expect(await way.ends()).toBe(true);
      expect(policy.events).toContainEqual(expect.objectContaining({ type: "end", how: "cut" }));
    });

    it("passes byte for byte where it is no such coding", async () => {
      const { way, policy } = begin(cut);
      const response = answer(coding, Buffer.from(`\xff\xff${events(1, 2, 3)}`, "latin1"));
      expect(dechunk(await way.ask(response))).toEqual({
        body: `\xff\xff${events(1, 2, 3)}`,
        isWhole: true,
      });
      expect(policy.events).toContainEqual(
        expect.objectContaining({
          type: "undone",
          reason: expect.stringMatching(`^the response is compressed, and its ${coding} can't be read`),
        }),
      );
    });
  });
});
