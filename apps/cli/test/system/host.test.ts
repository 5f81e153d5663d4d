/** The plugin server and its host: registration, health, forward mode, and the end. */

import { once } from "node:events";
import { request as httpRequest } from "node:http";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  constants,
} from "node:http2";
import { connect } from "node:net";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type EngineEvent, FaultEngine, parseRuleFile, singleRuleSet } from "@faultwire/fault-engine";
import { type FaultHost, type FaultHostEvent, startFaultHost } from "@faultwire/fault-host";
import {
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  ProcessHttpRequestRequestSchema,
  ProcessHttpRequestResponseSchema,
  ProcessTunnelDataRequestSchema,
  pluginMethodPaths,
} from "@faultwire/fault-protocol";
import { type PluginServer, type PluginServerOptions, startPluginServer } from "@faultwire/plugin-server";
import { carrierRuntime } from "@faultwire/runtime";
import { type Origin, startByteOrigin } from "@faultwire/testkit/byte-origin";
import { soon } from "@faultwire/testkit/soon";
import pino from "pino";
import { afterEach, describe, expect, it } from "vitest";

let plugin: PluginServer | undefined;
let host: FaultHost | undefined;
let origin: Origin | undefined;
const logged: { event: string; level: string }[] = [];

afterEach(async () => {
  await host?.close();
  await plugin?.close({ hurry: AbortSignal.abort() });
  await origin?.close();
  host = undefined;
  plugin = undefined;
  origin = undefined;
  logged.length = 0;
});

const logger = pino(
  { level: "debug", formatters: { level: (level) => ({ level }) } },
  { write: (line: string) => logged.push(JSON.parse(line)) },
);

async function startPlugin(
  errorProbability: number,
  more: Partial<PluginServerOptions> = {},
): Promise<PluginServer> {
  const engine = new FaultEngine({ startedAtMs: performance.now() });
  engine.setRules(
    "flags",
    singleRuleSet({ targetHosts: ["api.test"], errorProbability, statusCode: 529, seed: 1 }),
  );
  plugin = await startPluginServer({ runtime: carrierRuntime({ engine, logger }), port: 0, ...more });
  return plugin;
}

const urls = (server: PluginServer): string[] => server.endpoints.map(({ url }) => url);

/** A request in absolute form, as HTTP_PROXY makes clients send it. */
async function forward(
  method: string,
  url: string,
  body?: string,
): Promise<{ status: number; headers: Record<string, unknown>; body: string }> {
  const proxy = new URL(host?.proxyUrl ?? "");
  const request = httpRequest({
    host: proxy.hostname,
    port: proxy.port,
    method,
    path: url,
    headers: { host: new URL(url).host },
  });
  request.end(body);
  const [response] = await soon(once(request, "response"), "the event response of request", 45_000);
  let text = "";
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, headers: response.headers, body: text };
}

/** One unary call, in the bytes of gRPC over HTTP/2. */
function call(session: ClientHttp2Session, path: string, message: Uint8Array): ClientHttp2Stream {
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
  });
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  stream.end(Buffer.concat([prefix, message]));
  return stream;
}

/** Connects to an endpoint; rejects where nobody listens. */
async function connectTo(url: string): Promise<ClientHttp2Session> {
  const session = connectHttp2(url);
  await soon(once(session, "connect"), "the event connect of session", 45_000);
  session.on("error", () => {});
  return session;
}

/** Asks an endpoint how it is, as the host does. */
async function health(url: string): Promise<{ healthy: boolean; message: string }> {
  const session = await connectTo(url);
  try {
    const message = toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema));
    const parts: Buffer[] = [];
    for await (const part of call(session, pluginMethodPaths.healthCheck, message))
      parts.push(part as Buffer);
    return fromBinary(HealthCheckResponseSchema, Buffer.concat(parts).subarray(5));
  } finally {
    session.close();
  }
}

describe("registration", () => {
  it("announces two plugins, told apart in name and side, one of them for forward mode", async () => {
    const server = await startPlugin(0);
    host = await startFaultHost({ plugins: urls(server), proxyPort: 0 });
    expect(host.plugins).toMatchObject([
      { name: "faultwire", side: "server", forward: true, state: "enabled" },
      { name: "faultwire-client", side: "client", forward: false, state: "enabled" },
    ]);
    expect(server.registeredSides()).toEqual(["server", "client"]);
  });

  it("with one side only is noticed: in the log once, in the health message with what to add", async () => {
    const server = await startPlugin(0, { secondSideGraceMs: 0 });
    const [serverSide, clientSide] = urls(server);
    host = await startFaultHost({ plugins: [serverSide ?? ""], proxyPort: 0 });
    for (let i = 0; i < 2; i++)
      expect((await health(serverSide ?? "")).message).toBe(
        `not registered on the client side; add --grpc-plugin ${clientSide}`,
      );
    expect(logged.filter(({ event }) => event === "half-registered")).toHaveLength(1);
  });

  it("that one endpoint alone is open for is said at the start", async () => {
    await startPlugin(0, { sides: ["client"] });
    expect(logged).toEqual([expect.objectContaining({ event: "half-registered", open: ["client"] })]);
  });
});

describe("forward mode", () => {
  it("lets requests through with their query, and chunked responses without killing the host", async () => {
    const server = await startPlugin(0);
    origin = await startByteOrigin();
    const events: FaultHostEvent[] = [];
    const resolve = { "api.test:80": `127.0.0.1:${origin.port}` };
    host = await startFaultHost({
      plugins: urls(server),
      proxyPort: 0,
      resolve,
      onEvent: (event) => events.push(event),
    });
    const exact = await forward("GET", "http://api.test/bytes/10?seed=3");
    const other = await forward("GET", "http://api.test/bytes/10?seed=4");
    expect(exact.status).toBe(200);
    expect(exact.body).not.toBe(other.body);
    const echoed = await forward("POST", "http://api.test/echo?a=%2F&b", "hello");
    expect(echoed.body).toBe("hello");
    const chunked = await forward("GET", "http://api.test/chunks/3?size=5");
    expect(chunked.body).toHaveLength(15);
    expect(host.crashed).toBeUndefined();
  });

  it("answers a target's request in the provider's words, and the upstream hears nothing of it", async () => {
    const server = await startPlugin(1);
    origin = await startByteOrigin();
    const resolve = {
      "api.test:80": `127.0.0.1:${origin.port}`,
      "other.test:80": `127.0.0.1:${origin.port}`,
    };
    host = await startFaultHost({ plugins: urls(server), proxyPort: 0, resolve });
    const failed = await forward("POST", "http://api.test/v1/messages?beta=true", "{}");
    expect(failed.status).toBe(529);
    expect(failed.headers).toMatchObject({ "x-faultwire": "flags", "content-type": "application/json" });
    expect(JSON.parse(failed.body)).toMatchObject({ type: "error", error: { type: "overloaded_error" } });
    expect(origin.connections).toHaveLength(0);
    expect((await forward("POST", "http://other.test/echo", "hello")).body).toBe("hello");
  });
});

describe("forward mode by rule", () => {
  async function under(fault: string): Promise<{ events: EngineEvent[]; url: string }> {
    const rules = `version: 1\ntargets: [api.test]\nrules:\n  - { name: r, fault: ${fault} }`;
    const events: EngineEvent[] = [];
    const engine = new FaultEngine({ startedAtMs: performance.now() });
    engine.setRules("file", parseRuleFile(rules, "rules.yaml").ruleSet);
    const runtime = carrierRuntime({ engine, logger, onEvent: (event) => events.push(event) });
    plugin = await startPluginServer({ runtime, port: 0 });
    origin = await startByteOrigin();
    const resolve = { "api.test:80": `127.0.0.1:${origin.port}` };
    host = await startFaultHost({ plugins: urls(plugin), proxyPort: 0, resolve });
    return { events, url: "http://api.test" };
  }
  const types = (events: readonly EngineEvent[]): string[] => events.map(({ type }) => type);

  it("cuts a body short, and the host lives on", async () => {
    const { events, url } = await under("{ http: { truncate: { afterBytes: 3 } } }");
    const answer = await forward("POST", `${url}/echo`, "hello");
    expect(answer).toMatchObject({ status: 200, body: "hel" });
    expect(answer.headers).toMatchObject({ "x-faultwire": "r" });
    expect(types(events)).toEqual(["connection", "request", "decision", "done", "response", "end"]);
    expect(events.at(-1)).toMatchObject({ how: "cut" });
    expect(host?.crashed).toBeUndefined();
  });

  it("holds a request back", async () => {
    const { events, url } = await under("{ http: { delay: { beforeHead: 300ms } } }");
    const start = performance.now();
    expect((await forward("POST", `${url}/echo`, "hello")).body).toBe("hello");
    expect(performance.now() - start).toBeGreaterThan(290);
    expect(types(events)).toContain("done");
  });

  it("lets pass what the host can't do, and says why", async () => {
    const { events, url } = await under("{ connection: { close: { at: request } } }");
    expect((await forward("POST", `${url}/echo`, "hello")).body).toBe("hello");
    expect(events).toContainEqual(expect.objectContaining({ type: "undone", rule: "r" }));
    expect(logged).toContainEqual(expect.objectContaining({ event: "fault-skipped", level: "warn" }));
  });
});

describe("the end", () => {
  it("is announced: unhealthy as long as traffic flows, and then nobody listens", async () => {
    const server = await startPlugin(1);
    const [serverSide] = urls(server);
    expect(await health(serverSide ?? "")).toMatchObject({ healthy: true });
    const session = await connectTo(serverSide ?? "");
    const chunk = create(ProcessTunnelDataRequestSchema, { id: "a", side: 1, chunk: Uint8Array.of(1, 2, 3) });
    const bytes = toBinary(ProcessTunnelDataRequestSchema, chunk);
    let flows = true;
    let answered = 0;
    const traffic = (async () => {
      while (flows) {
        const stream = call(session, pluginMethodPaths.processTunnelData, bytes);
        stream.resume();
        await soon(once(stream, "close"), "the event close of stream", 45_000);
        answered++;
      }
    })();
    await expect.poll(() => answered).toBeGreaterThan(2);
    const closing = server.close({ limits: { maxRestMs: 500 } });
    // A process that is held up reads no calls for as long: that is no sign of a host without any.
    for (const heldUpAt = performance.now(); performance.now() < heldUpAt + 300; );
    expect(await health(serverSide ?? "")).toEqual(
      expect.objectContaining({ healthy: false, message: "shutting down" }),
    );
    // At probability 1 it would fail, but nothing new fails any more.
    const request = create(ProcessHttpRequestRequestSchema, {
      request: { method: "GET", path: "/", headers: [{ name: "host", value: "api.test" }] },
    });
    const parts: Buffer[] = [];
    const asked = await connectTo(serverSide ?? "");
    const stream = call(
      asked,
      pluginMethodPaths.processHttpRequest,
      toBinary(ProcessHttpRequestRequestSchema, request),
    );
    for await (const part of stream) parts.push(part as Buffer);
    asked.close();
    const answer = fromBinary(ProcessHttpRequestResponseSchema, Buffer.concat(parts).subarray(5));
    expect(answer.abortResponse).toBeUndefined();
    expect(answer.modifiedRequest?.method).toBe("GET");
    flows = false;
    await traffic;
    await closing;
    session.close();
    await expect(health(serverSide ?? "")).rejects.toThrow();
  });

  it("of a tunnel is known by its cancelled call", async () => {
    const ended: string[] = [];
    const server = await startPlugin(0, {
      onEvent: (event) => {
        if (event.type === "closed") ended.push(event.why);
      },
    });
    const [serverSide, clientSide] = urls(server);
    await health(serverSide ?? "");
    await health(clientSide ?? "");
    const session = await connectTo(clientSide ?? "");
    const chunk = (text: string): Uint8Array =>
      toBinary(
        ProcessTunnelDataRequestSchema,
        create(ProcessTunnelDataRequestSchema, { id: "a", chunk: new TextEncoder().encode(text) }),
      );
    const first = call(session, pluginMethodPaths.processTunnelData, chunk("first"));
    first.resume();
    await soon(once(first, "end"), "the event end of first", 45_000);
    // The answer has not come back in a write call, so the next read is held.
    const held = call(session, pluginMethodPaths.processTunnelData, chunk("second"));
    held.on("error", () => {});
    if (held.pending) await soon(once(held, "ready"), "the event ready of held", 45_000);
    held.close(constants.NGHTTP2_CANCEL);
    await expect.poll(() => ended).toEqual(["cancelled"]);
    session.close();
  });

  it("does not come from a peer that speaks no HTTP/2", async () => {
    const server = await startPlugin(0);
    const [serverSide] = urls(server);
    const socket = connect(Number(new URL(serverSide ?? "").port), "127.0.0.1");
    socket.on("error", () => {});
    socket.resume();
    socket.end("GET / HTTP/1.1\r\n\r\n");
    await soon(once(socket, "close"), "the event close of socket", 45_000);
    expect(await health(serverSide ?? "")).toMatchObject({ healthy: true });
  });
});
