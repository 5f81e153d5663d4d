/**
 * A plugin whose every answer is the test's: a gRPC server straight on `node:http2` that records each call with
 * its time, and may answer anything a plugin can, valid or not, at once or whenever the test says so.
 */
import { EventEmitter } from "node:events";
import {
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { concatBytes } from "./chunkers.ts";
import {
  type Answer,
  type BrokenAnswer,
  encodeInfo,
  encodeRequestAnswer,
  encodeResponseAnswer,
  encodeTunnelAnswer,
  isBroken,
  type PluginCall,
  type PluginScript,
  passThroughAnswer,
  readTunnelCall,
  type TunnelCall,
  withContentLength,
  withoutQuery,
} from "./host-plugin-script.ts";
import {
  bytesField,
  bytesOf,
  decodeHttpRequest,
  decodeHttpResponse,
  numberField,
  readFields,
} from "./host-wire.ts";

export * from "./host-plugin-script.ts";

const GRPC_OK = 0;
const NO_ERROR = 0;
const CANCEL = 8;
function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(5 + message.length);
  framed.writeUInt8(0, 0);
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, 5);
  return framed;
}

/** The plugin, running. */
export class ScriptedPlugin {
  /** Its URL, `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly port: number;
  /** Every call so far, in the order in which they came. */
  readonly calls: PluginCall[] = [];
  /** How it answers; may be changed at any time. */
  readonly script: PluginScript;
  /** How many connections have been accepted. */
  connections = 0;
  readonly #server: Http2Server;
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #changes = new EventEmitter().setMaxListeners(0);
  readonly #record: boolean;

  constructor(server: Http2Server, script: PluginScript, record: boolean) {
    this.#server = server;
    this.#record = record;
    this.script = script;
    this.port = (server.address() as AddressInfo).port;
    this.url = `http://127.0.0.1:${this.port}`;
    server.on("session", (session) => {
      this.connections++;
      this.#sessions.add(session);
      session.on("close", () => this.#sessions.delete(session));
      session.on("error", () => {});
    });
    server.on("stream", (stream, headers) => this.#accept(stream, headers));
  }

  /** The ProcessTunnelData calls so far, of one side and direction or of all. */
  tunnelCalls(direction?: TunnelCall["direction"]): TunnelCall[] {
    return this.calls
      .filter((call): call is TunnelCall => call.method === "ProcessTunnelData")
      .filter((call) => !direction || call.direction === direction);
  }

  /** The bytes that the calls of a direction showed, in order. */
  seen(direction: TunnelCall["direction"]): Uint8Array {
    return concatBytes([new Uint8Array(0), ...this.tunnelCalls(direction).map((call) => call.chunk)]);
  }

  /** How many calls of a method came so far. */
  count(method: string): number {
    return this.calls.filter((call) => call.method === method).length;
  }

  /**
   * Waits until `condition` holds; it is asked again after each call, answer and cancellation.
   *
   * @throws Error after `timeoutMs` (10 s), naming what was waited for.
   */
  async until(what: string, condition: () => boolean, timeoutMs: number = 10_000): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#changes.off("change", check);
        reject(new Error(`the plugin waited ${timeoutMs} ms in vain for: ${what}`));
      }, timeoutMs);
      const check = (): void => {
        if (!condition()) return;
        clearTimeout(timer);
        this.#changes.off("change", check);
        resolve();
      };
      this.#changes.on("change", check);
    });
  }

  /** Cuts every connection at once; the server goes on listening. */
  disconnect(): void {
    for (const session of this.#sessions) session.destroy();
  }

  /** Stops listening and cuts every connection. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.disconnect();
    await closed;
  }

  #accept(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const chunks: Buffer[] = [];
    stream.on("error", () => {});
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      const path = headers[":path"] ?? "";
      const message = concatBytes(chunks).subarray(5);
      const base: PluginCall = {
        method: path.startsWith("/plugin.PluginService/") ? path.slice(22) : path,
        at: performance.now(),
        message,
        headers,
        cancelled: false,
        answered: false,
      };
      const call = base.method === "ProcessTunnelData" ? readTunnelCall(base) : base;
      if (this.#record) this.calls.push(call);
      stream.on("close", () => {
        if (call.answered && stream.rstCode === NO_ERROR) return;
        if (!call.answered || stream.rstCode === CANCEL) call.cancelled = true;
        this.#changes.emit("change");
      });
      // The script first: what it counts is there when the waiting test looks.
      void this.#answer(call, stream);
      this.#changes.emit("change");
    });
  }

  async #answer(call: PluginCall, stream: ServerHttp2Stream): Promise<void> {
    let answer: Uint8Array | BrokenAnswer;
    try {
      const made = this.#decide(call);
      answer = made instanceof Promise ? await made : made;
    } catch (error) {
      answer = { kind: "error", code: 13, message: String(error) };
    }
    if (stream.destroyed) return;
    call.answered = true;
    respond(stream, answer);
    this.#changes.emit("change");
  }

  #decide(call: PluginCall): Answer<Uint8Array | BrokenAnswer> {
    const { script } = this;
    const then = <T extends { readonly kind: string }>(
      given: Answer<T | BrokenAnswer>,
      encode: (answer: T) => Uint8Array,
    ): Answer<Uint8Array | BrokenAnswer> => {
      const finish = (answer: T | BrokenAnswer): Uint8Array | BrokenAnswer =>
        isBroken(answer) ? answer : encode(answer);
      return given instanceof Promise ? given.then(finish) : finish(given);
    };
    switch (call.method) {
      case "HealthCheck":
        return then<{ readonly kind: string }>(script.health?.(call) ?? { kind: "healthy" }, ({ kind }) =>
          concatBytes([numberField(1, kind === "healthy"), bytesField(2, kind)]),
        );
      case "GetPluginInfo":
        return then<{ readonly kind: string }>(
          Promise.resolve(script.info?.(call)).then((broken) => broken ?? { kind: "ok" }),
          () => encodeInfo(script),
        );
      case "GetPluginCapabilities":
        return then<{ readonly kind: string }>(
          Promise.resolve(script.capabilities?.(call)).then((broken) => broken ?? { kind: "ok" }),
          () =>
            concatBytes([
              numberField(1, script.forward ?? false),
              numberField(2, script.tunnelCapable ?? true),
            ]),
        );
      case "ProcessTunnelData":
        return then((script.tunnel ?? passThroughAnswer)(call as TunnelCall), encodeTunnelAnswer);
      case "ProcessHttpRequest": {
        const request = decodeHttpRequest(bytesOf(readFields(call.message), 1));
        const answer = script.request?.(request, call) ?? {
          kind: "continue",
          modified: withoutQuery(request),
        };
        return then(answer, encodeRequestAnswer);
      }
      case "ProcessHttpResponse": {
        const response = decodeHttpResponse(bytesOf(readFields(call.message), 1));
        const answer = script.response?.(response, call) ?? {
          kind: "continue",
          modified: withContentLength(response),
        };
        return then(answer, encodeResponseAnswer);
      }
      default:
        return { kind: "error", code: 12, message: `no method ${call.method}` };
    }
  }
}

function respond(stream: ServerHttp2Stream, answer: Uint8Array | BrokenAnswer): void {
  const head = { ":status": 200, "content-type": "application/grpc" };
  if (answer instanceof Uint8Array || answer.kind === "raw") {
    stream.respond(head, { waitForTrailers: true });
    stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": String(GRPC_OK) }));
    stream.end(frame(answer instanceof Uint8Array ? answer : answer.message));
    return;
  }
  switch (answer.kind) {
    case "error":
      stream.respond(
        { ...head, "grpc-status": String(answer.code), "grpc-message": encodeURIComponent(answer.message) },
        { endStream: true },
      );
      return;
    case "no-message":
      stream.respond({ ...head, "grpc-status": String(GRPC_OK) }, { endStream: true });
      return;
    case "http":
      stream.respond({ ":status": answer.status }, { endStream: true });
      return;
    case "reset":
      stream.close(answer.code);
      return;
  }
}

/**
 * Starts a scripted plugin on a free port of 127.0.0.1 (or on `port`).
 *
 * @example
 * const plugin = await startScriptedPlugin({ side: "client", tunnel: () => ({ kind: "close", reason: "" }) });
 */
export async function startScriptedPlugin(
  script: PluginScript = {},
  options: { readonly port?: number; readonly record?: boolean } = {},
): Promise<ScriptedPlugin> {
  const server = createServer({ settings: { initialWindowSize: 1 << 20 } });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  return new ScriptedPlugin(server, script, options.record ?? true);
}
