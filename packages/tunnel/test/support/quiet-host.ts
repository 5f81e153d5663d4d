/** A host with many tunnels, both sides of each wrapped, that can stop to call: as one does whose client has gone. */
import type { Fault } from "@faultwire/fault-engine";
import { FaultDesk } from "@faultwire/fault-session";
import { type ManualTimers, manualTimers } from "@faultwire/testkit/manual-timers";
import { type ScriptedPolicy, scriptedPolicy } from "../../../fault-session/test/support/scripted-policy.ts";
import { type TunnelCall, type TunnelEvent, Tunnels, type TunnelsOptions } from "../../src/index.ts";

export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
export const get = "GET /v1/x HTTP/1.1\r\nHost: api.test\r\n\r\n";
export const events = Array.from({ length: 300 }, (_, number) => `event: e\ndata: {"n":${number}}\n\n`).join(
  "",
);
const stream = `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: ${events.length}\r\n\r\n${events}`;
export const short = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

export class QuietHost {
  readonly timers: ManualTimers = manualTimers();
  readonly told: TunnelEvent[] = [];
  readonly tunnels: Tunnels;
  readonly cancels = new Map<string, () => void>();
  readonly policy: ScriptedPolicy;
  readonly got = new Map<string, number>();
  isGone = false;
  round = 0;

  constructor(fault: Fault, options: Partial<TunnelsOptions> = {}) {
    const isOfBytes = fault.kind.startsWith("connection.");
    this.policy = scriptedPolicy({
      connection: () => (isOfBytes ? fault : null),
      // The first exchange proves to a tunnel that both sides are wrapped.
      request: (_, { target }) => (!isOfBytes && target === "/v1/x" ? fault : null),
    });
    this.tunnels = new Tunnels({
      policy: this.policy,
      timers: this.timers,
      userAgent: "faultwire/test",
      desk: new FaultDesk(),
      registeredSides: () => ["server", "client"],
      onEvent: (event) => this.told.push(event),
      ...options,
    });
  }

  /** A peer says something; what comes of it goes to the other side's socket, as long as the host is there. */
  says(id: string, from: "client" | "server", text: string): void {
    this.#read(id, from, ascii(text));
  }

  saysBytes(id: string, from: "client" | "server", bytes: Uint8Array): void {
    this.#read(id, from, bytes);
  }

  #read(id: string, from: "client" | "server", all: Uint8Array): void {
    const chunk = all.slice(0, 4096);
    if (chunk.length === 0) return;
    this.#call({ id, side: from, kind: "read", chunk }, (bytes) => {
      this.#write(id, from, bytes, () => this.#read(id, from, all.slice(4096)));
    });
  }

  #write(id: string, from: "client" | "server", bytes: Uint8Array, after: () => void): void {
    if (bytes.length === 0) {
      after();
      return;
    }
    const chunk = bytes.subarray(0, 8192);
    this.#call(
      { id, side: from === "client" ? "server" : "client", kind: "write", chunk },
      (written, isSame) => {
        if (from === "server") this.got.set(id, (this.got.get(id) ?? 0) + written.length);
        const rest = written.length === 0 && !isSame ? bytes : bytes.subarray(chunk.length);
        this.#write(id, from, rest, after);
      },
    );
  }

  #call(call: TunnelCall, then: (bytes: Uint8Array, isSame: boolean) => void): void {
    if (this.isGone) return;
    const cancel = this.tunnels.handle(call, ({ action }) => {
      this.cancels.delete(`${call.id} ${call.kind}`);
      if (this.isGone) return;
      if (action.case === "replace") queueMicrotask(() => then(action.value.modifiedChunk, false));
      else if (action.case === "passThrough") queueMicrotask(() => then(call.chunk, true));
    });
    this.cancels.set(`${call.id} ${call.kind}`, cancel);
  }

  async run(ms: number): Promise<void> {
    for (let at = 0; at < ms; at += 10) {
      this.timers.advance(10);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Brings so many tunnels to the middle of a response. */
  async open(count: number): Promise<void> {
    const { round } = this;
    this.round++;
    for (let number = 0; number < count; number++) {
      this.says(`t${round}-${number}`, "client", get.replace("/v1/x", "/first"));
      await this.run(30);
      this.says(`t${round}-${number}`, "server", short);
    }
    await this.run(200);
    for (let number = 0; number < count; number++) this.says(`t${round}-${number}`, "client", get);
    await this.run(200);
    for (let number = 0; number < count; number++) this.says(`t${round}-${number}`, "server", stream);
    await this.run(400);
  }
}
