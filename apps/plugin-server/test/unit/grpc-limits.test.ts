/** What a program can do that reaches the gRPC port: it costs no more than the limits say, and a host gets through. */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FaultEngine, parseRuleFile, singleRuleSet } from "@faultwire/fault-engine";
import {
  ProcessHttpRequestResponseSchema,
  ProcessHttpResponseRequestSchema,
  ProcessHttpResponseResponseSchema,
  pluginMethodPaths,
} from "@faultwire/fault-protocol";
import { carrierRuntime, enginePolicy } from "@faultwire/runtime";
import { manualTimers } from "@faultwire/testkit/manual-timers";
import { soon } from "@faultwire/testkit/soon";
import { Tunnels } from "@faultwire/tunnel";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { preface } from "../../../../packages/connect-unary/test/support/raw-frames.ts";
import { endpointLimits, type PluginServer, startPluginServer } from "../../src/index.ts";
import { chunkCaller } from "../support/chunk-calls.ts";
import { endOf, enveloped, GrpcPeer, heldBytes, silentConnections } from "../support/grpc-peer.ts";

const mib = 1_048_576;
const { processTunnelData, processHttpRequest, processHttpResponse } = pluginMethodPaths;

let server: PluginServer;
let url: string;
let peer: GrpcPeer;
const logged: string[] = [];

beforeEach(async () => {
  logged.length = 0;
  const engine = new FaultEngine({ startedAtMs: 0 });
  engine.setRules(
    "flags",
    singleRuleSet({ targetHosts: ["api.test"], errorProbability: 1, statusCode: 529, seed: 1 }),
  );
  const logger = pino({}, { write: (line: string) => logged.push(JSON.parse(line).event) });
  server = await startPluginServer({ runtime: carrierRuntime({ engine, logger }), port: 0 });
  url = server.endpoints[0]!.url;
  peer = await GrpcPeer.open(url);
});
afterEach(async () => {
  peer.close();
  await server.close({ hurry: AbortSignal.abort() });
});

describe("a message of more than 4 MiB", () => {
  const long = 40 * mib;
  /** Sends so much of a call, as fast as it is taken. */
  async function send(path: string, ends: boolean): Promise<ReturnType<typeof endOf>> {
    const stream = peer.begin(path);
    const end = endOf(stream);
    stream.write(enveloped(new Uint8Array(0), long));
    const block = new Uint8Array(mib);
    for (let sent = 0; sent < long && !stream.destroyed; sent += mib)
      await new Promise<void>((resolve) => stream.write(block, () => resolve()));
    if (ends) stream.end();
    return end;
  }

  it.each(["processTunnelData", "healthCheck", "getPluginInfo", "getPluginCapabilities"] as const)(
    "is refused by %s before it is kept",
    async (method) => {
      expect(await send(pluginMethodPaths[method], false)).toMatchObject({ status: "8" });
    },
  );

  it("of forward mode passes unread, because a refused response kills the host", async () => {
    const request = await send(processHttpRequest, true);
    const response = await send(processHttpResponse, true);
    expect([request.status, response.status]).toEqual(["0", "0"]);
    const onward = fromBinary(ProcessHttpRequestResponseSchema, request.message!);
    expect([onward.action, onward.modifiedRequest, onward.abortResponse]).toEqual([0, undefined, undefined]);
    const back = fromBinary(ProcessHttpResponseResponseSchema, response.message!);
    expect([back.action, back.modifiedResponse]).toEqual([0, undefined]);
    expect(logged).toContain("request-unread");
    expect(logged).toContain("response-unread");
  });

  it("is not kept while it comes", async () => {
    const before = await heldBytes();
    const streams = [processTunnelData, processHttpRequest, processHttpResponse].map((path) => {
      const stream = peer.begin(path);
      stream.resume();
      stream.write(enveloped(new Uint8Array(0), 150 * mib));
      return stream;
    });
    const block = new Uint8Array(mib);
    for (let sent = 0; sent < 20; sent++)
      for (const stream of streams)
        if (!stream.destroyed) await new Promise<void>((resolve) => stream.write(block, () => resolve()));
    expect((await heldBytes()) - before).toBeLessThan(8 * mib);
    expect(server.usage().unfinishedBytes).toBeLessThan(mib);
    for (const stream of streams) stream.close();
  });

  it("of forward mode that ends too early is an error and no answer", async () => {
    const stream = peer.begin(processHttpResponse);
    const end = endOf(stream);
    stream.end(enveloped(new Uint8Array(1000), long));
    expect(await end).toEqual({ message: undefined, status: "3" });
  });
});

describe("unfinished messages", () => {
  it("are kept up to a total; those that have grown least recently give way", {
    timeout: 30_000,
  }, async () => {
    const before = await heldBytes();
    const part = new Uint8Array(mib);
    const calls = [];
    // Twice as much as is kept, on several connections and by all that the methods differ in.
    const peers = [peer, await GrpcPeer.open(url), await GrpcPeer.open(server.endpoints[1]!.url)];
    for (let at = 0; at < (2 * endpointLimits.maxUnfinishedBytes) / (2 * mib); at++) {
      const stream = peers[at % 3]!.begin(
        [processTunnelData, processHttpRequest, processHttpResponse][at % 3]!,
      );
      const end = endOf(stream);
      stream.write(enveloped(part, 2 * mib));
      await new Promise<void>((resolve) => stream.write(part.subarray(0, mib - 5), () => resolve()));
      calls.push({ stream, end });
    }
    await expect.poll(() => server.usage().messagesGaveWay).toBeGreaterThan(10);
    expect(server.usage().unfinishedBytes).toBeLessThanOrEqual(endpointLimits.maxUnfinishedBytes);
    expect((await heldBytes()) - before).toBeLessThan(endpointLimits.maxUnfinishedBytes + 24 * mib);
    // The first call was a chunk's. What it still says goes nowhere.
    calls[0]!.stream.end();
    expect(await calls[0]!.end).toMatchObject({ status: "8" });
    expect(logged.filter((event) => event === "messages-full")).toHaveLength(1);
    expect((await peer.health()).healthy).toBe(true);
    for (const { stream } of calls) stream.close();
    for (const each of peers) each.close();
    await expect.poll(() => server.usage().unfinishedBytes).toBe(0);
  });

  it("that gave way are answered as those that are too long", { timeout: 30_000 }, async () => {
    const stream = peer.begin(processHttpResponse);
    const end = endOf(stream);
    stream.write(enveloped(new Uint8Array(0), 1000));
    await new Promise<void>((resolve) => stream.write(new Uint8Array(500), () => resolve()));
    await expect.poll(() => server.usage().unfinishedBytes).toBeGreaterThan(0);
    const others = Array.from({ length: endpointLimits.maxUnfinishedBytes / (4 * mib) + 1 }, () => {
      const other = peer.begin(processHttpRequest);
      other.write(enveloped(new Uint8Array(4 * mib - 1), 4 * mib));
      return other;
    });
    await expect.poll(() => server.usage().messagesGaveWay).toBeGreaterThan(0);
    stream.end(new Uint8Array(500));
    const { status, message } = await end;
    expect(status).toBe("0");
    expect(fromBinary(ProcessHttpResponseResponseSchema, message!).modifiedResponse).toBeUndefined();
    for (const other of others) other.close();
  });
});

/** For all tunnels, in place of 64 MiB: so that a test needs no gigabyte. */
const maxHeldBytes = 4 * mib;

describe("invented tunnels with heads of 60 kB", () => {
  it.each([
    ["both sides", ["client", "server"]],
    ["one", []],
  ] as const)("hold no more than tunnels may hold together, registered on %s", async (_what, sides) => {
    const timers = manualTimers();
    const engine = new FaultEngine({ startedAtMs: 0 });
    engine.setRules(
      "flags",
      singleRuleSet({ targetHosts: ["*"], errorProbability: 1, statusCode: 529, seed: 1 }),
    );
    const ends: string[] = [];
    const tunnels = new Tunnels({
      policy: enginePolicy({ engine, now: timers.now }),
      timers,
      userAgent: "test",
      registeredSides: () => sides,
      maxHeldBytes,
      onEvent: (event) => {
        if (event.type === "closed") ends.push(event.why);
      },
    });
    const calls = chunkCaller(tunnels);
    const before = await heldBytes();
    const count = 600;
    for (let at = 0; at < count; at++)
      calls.read(`tunnel-${at}`, new TextEncoder().encode(`GET / HTTP/1.1\r\nx: ${"a".repeat(60_000)}`));
    expect(tunnels.heldBytes).toBeLessThanOrEqual(maxHeldBytes);
    // Each byte that is held is there three times at the most: with its call, joined, and in the reader.
    expect((await heldBytes()) - before).toBeLessThan(3 * maxHeldBytes + 6 * mib);
    expect(ends.length).toBeGreaterThan(count - maxHeldBytes / 60_000 - 1);
    expect(new Set(ends)).toEqual(new Set(["memory"]));
  });
});

it("a tunnel keeps of a message no more than its chunk, whatever else came with it", async () => {
  const timers = manualTimers();
  const engine = new FaultEngine({ startedAtMs: 0 });
  engine.setRules(
    "file",
    parseRuleFile(
      "version: 1\ntargets: ['*']\nrules:\n  - { name: late, match: { path: / }, fault: { http: { delay: { beforeHead: 30s } } } }\n",
      "faults.yaml",
    ).ruleSet,
  );
  const tunnels = new Tunnels({
    policy: enginePolicy({ engine, now: timers.now }),
    timers,
    userAgent: "test",
    registeredSides: () => ["client", "server"],
  });
  const calls = chunkCaller(tunnels);
  const before = await heldBytes();
  const said = ["POST / HTTP/1.1\r\nHost: api.test\r\nContent-Length: 9\r\n\r\n", "a", "b", "c"];
  const kept: unknown[] = [];
  for (let at = 0; at < 20; at++)
    for (const text of said) {
      // As a decoded message gives its chunk: a view, here beside a megabyte of fields that nobody knows.
      const message = new Uint8Array(mib);
      message.set(new TextEncoder().encode(text));
      kept.push(calls.read(`tunnel-${at}`, message.subarray(0, text.length)));
    }
  expect(tunnels.heldBytes).toBeLessThan(mib);
  expect((await heldBytes()) - before).toBeLessThan(16 * mib);
  expect(kept).toHaveLength(20 * said.length);
});

describe("too many connections", () => {
  it.each([
    ["that say nothing", new Uint8Array(0)],
    ["that begin to speak HTTP/2 and make no call", preface],
  ])("%s give way to one that asks for our health", async (_what, said) => {
    await peer.health();
    const sockets = await silentConnections(url, 400, said);
    const host = await GrpcPeer.open(url);
    expect((await host.health()).healthy).toBe(true);
    // And to one that was there before them and has made calls: it has stayed.
    expect((await peer.health()).healthy).toBe(true);
    expect(logged.filter((event) => event === "connections-full")).toHaveLength(1);
    host.close();
    for (const socket of sockets) socket.destroy();
  });

  it("that all make calls as a host does refuse the next, and stay", async () => {
    const hosts = [peer];
    while (hosts.length < endpointLimits.maxConnections) hosts.push(await GrpcPeer.open(url));
    for (const host of hosts) await host.health();
    const oneMore = await GrpcPeer.open(url);
    await expect(oneMore.health()).rejects.toThrow();
    for (const host of [hosts[0]!, hosts.at(-1)!]) expect((await host.health()).healthy).toBe(true);
    oneMore.close();
    for (const host of hosts) host.close();
  });
});

describe("calls that are not gRPC", () => {
  it("have a limit of their own, each and together", async () => {
    const json = { ":method": "POST", ":path": processHttpRequest, "content-type": "application/json" };
    const status = async (body: Uint8Array): Promise<unknown> => {
      const stream = peer.session.request(json, { endStream: false });
      stream.on("error", () => {});
      let answered: unknown;
      stream.on("response", (headers) => {
        answered = headers[":status"];
      });
      stream.resume();
      stream.end(body);
      await soon(new Promise((resolve) => stream.once("close", resolve)), "the event close of stream");
      return answered;
    };
    expect(await status(new Uint8Array(endpointLimits.maxOtherMessageBytes + 1).fill(32))).toBe(429);
    const waiting = Array.from({ length: endpointLimits.maxOtherCalls }, () => {
      const stream = peer.session.request(json, { endStream: false });
      stream.on("error", () => {});
      stream.write("{");
      return stream;
    });
    expect(await status(new TextEncoder().encode("{}"))).toBeUndefined();
    for (const stream of waiting) stream.close();
    await expect.poll(() => status(new TextEncoder().encode("{}"))).toBe(400);
  });
});

it("a response's request may be missing, and the call ends with an error that says so", async () => {
  const empty = toBinary(ProcessHttpResponseRequestSchema, create(ProcessHttpResponseRequestSchema));
  expect(await peer.call(processHttpResponse, empty)).toEqual({ message: undefined, status: "3" });
  expect(await peer.call(processHttpRequest, new Uint8Array(0))).toEqual({ message: undefined, status: "3" });
});
