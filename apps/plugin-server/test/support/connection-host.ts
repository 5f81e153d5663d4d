/** A plugin server, and a host of whole connections that a test plays by hand. */
import { create } from "@bufbuild/protobuf";
import {
  connectionLimits,
  Entrance,
  type HostStream,
  type Open,
  OpenSchema,
  PluginChannel,
  type ProcessConnectionRequest,
  ProcessConnectionRequestSchema,
  type ProcessConnectionResponse,
  type StreamFailure,
} from "@faultwire/connection-protocol";
import type { SessionEvent } from "@faultwire/fault-session";
import { openRuntime, type Runtime, type RuntimeOptions } from "@faultwire/runtime";
import pino from "pino";
import { expect, onTestFinished } from "vitest";
import { type PluginServer, startPluginServer } from "../../src/index.ts";

type Said = ProcessConnectionResponse["message"];
type SaidOf<Case extends Said["case"]> = Extract<Said, { readonly case: Case }>["value"];

export type EngineEvent = Parameters<NonNullable<RuntimeOptions["onEvent"]>>[0];

export interface ServedPlugin {
  readonly server: PluginServer;
  readonly runtime: Runtime;
  readonly url: string;
  readonly events: EngineEvent[];
  readonly seen: SessionEvent[];
}

/** A server on loopback that makes every request to api.test fail with 529, unless told otherwise. */
export async function servePlugin(more: Partial<RuntimeOptions> = {}): Promise<ServedPlugin> {
  const events: EngineEvent[] = [];
  const seen: SessionEvent[] = [];
  const runtime = await openRuntime({
    rules: { single: { targetHosts: ["api.test"], errorProbability: 1, statusCode: 529, seed: 1 } },
    logger: pino({ level: "silent" }),
    onEvent: (event) => events.push(event),
    onSessionEvent: (event) => seen.push(event),
    ...more,
  });
  onTestFinished(async () => void (await runtime.close()));
  const server = await startPluginServer({ runtime, port: 0, sides: ["server"] });
  onTestFinished(() => server.close({ hurry: AbortSignal.abort() }));
  return { server, runtime, url: server.endpoints[0]?.url ?? "", events, seen };
}

/** One stream of a host. */
export class PlayedHost {
  readonly said: Said[] = [];
  /** How the stream has ended; `null` is OK, `undefined` not yet. */
  end: StreamFailure | null | undefined;
  readonly stream: HostStream;

  constructor(channel: PluginChannel) {
    this.stream = channel.open({
      message: ({ message }) => this.said.push(message),
      over: (failure) => {
        this.end = failure ?? null;
      },
    });
  }

  say(message: ProcessConnectionRequest["message"]): void {
    this.stream.send(create(ProcessConnectionRequestSchema, { message }));
  }

  /** Asks for a connection to api.test. */
  open(more: Partial<Open> = {}): void {
    const value = create(OpenSchema, {
      id: "test-1",
      minVersion: 1,
      maxVersion: 1,
      host: "api.test",
      port: 80,
      entrance: Entrance.TUNNEL,
      abilities: { reset: true, halfClose: true, dial: true },
      creditBytes: connectionLimits.creditBytes,
    });
    this.say({ case: "open", value: Object.assign(value, more) });
  }

  /** The client says something. */
  client(text: string): void {
    this.stream.sendBytes(0, Buffer.from(text));
  }

  all<Case extends NonNullable<Said["case"]>>(kind: Case): SaidOf<Case>[] {
    return this.said.flatMap((each) => (each.case === kind ? [each.value as SaidOf<Case>] : []));
  }

  /** All that goes to a peer. */
  to(peer: number): string {
    return this.all("bytes")
      .filter((each) => each.peer === peer)
      .map(({ data }) => Buffer.from(data).toString("latin1"))
      .join("");
  }

  /** Waits for how the stream ends. */
  async ended(): Promise<StreamFailure | null> {
    await expect.poll(() => this.end).not.toBe(undefined);
    return this.end ?? null;
  }
}

export function hostOf({ url }: Pick<ServedPlugin, "url">): () => PlayedHost {
  const channel = new PluginChannel(url);
  onTestFinished(() => channel.close());
  return () => new PlayedHost(channel);
}
