import {
  ProcessTunnelDataRequest_Direction as Direction,
  GetPluginInfoResponse_Side,
  type HttpRequest,
  type HttpResponse,
  type ProcessHttpRequestResponse,
  type ProcessHttpResponseResponse,
  ProcessTunnelDataRequest_Side as Side,
} from "@faultwire/fault-protocol";
import { after } from "@faultwire/timers";
import type { FaultHostEvent, PluginStatus } from "../options.ts";
import { PluginStream } from "../poll/plugin-stream.ts";
import type { PollStream } from "../poll/poll.ts";
import { FairLock } from "./fair-lock.ts";
import { PluginClient } from "./plugin-client.ts";

/** A plugin in the registry. */
interface Registered {
  readonly client: PluginClient;
  status: PluginStatus;
}

/** The plugin's part in forward mode. */
export interface ForwardPlugin {
  readonly name: string;
  processRequest(request: HttpRequest, signal: AbortSignal): Promise<ProcessHttpRequestResponse>;
  processResponse(response: HttpResponse, signal: AbortSignal): Promise<ProcessHttpResponseResponse>;
}

/** The registered plugins: loaded in order, supervised, and put around streams. */
export class PluginRegistry {
  readonly #registered: Registered[];
  readonly #lock = new FairLock();
  readonly #onEvent: ((event: FaultHostEvent) => void) | undefined;
  readonly #intervalMs: number;
  #takeBack: (() => void) | undefined;
  #closed = false;

  constructor(
    urls: readonly string[],
    intervalMs: number,
    onEvent: ((event: FaultHostEvent) => void) | undefined,
  ) {
    this.#intervalMs = intervalMs;
    this.#onEvent = onEvent;
    this.#registered = urls.map((url) => ({
      client: new PluginClient(
        url,
        onEvent &&
          ((method, failure) => onEvent({ type: "call", plugin: url, method, ...(failure && { failure }) })),
      ),
      status: { url, name: "", side: "client", forward: false, state: "disabled" },
    }));
  }

  get statuses(): readonly PluginStatus[] {
    return this.#registered.map(({ status }) => status);
  }

  /** Reads what each plugin announces, one after the other, then begins to supervise them. */
  async load(): Promise<void> {
    for (const plugin of this.#registered) await this.#loadFirst(plugin);
    this.#supervise();
  }

  /** Puts the enabled plugins of one side around a stream, in order of registration. */
  wrap(stream: PollStream, side: "client" | "server", id: string): Promise<PollStream> {
    return this.#lock.read(() =>
      this.#registered
        .filter(({ status }) => status.state === "enabled" && status.side === side)
        .reduce<PollStream>((inner, { client }) => wrapFor(client, inner, side, id), stream),
    );
  }

  /** Runs `use` with the enabled plugins that handle forward mode; no health check happens meanwhile. */
  forward<T>(use: (plugins: readonly ForwardPlugin[]) => Promise<T>): Promise<T> {
    return this.#lock.read(() =>
      use(
        this.#registered
          .filter(({ status }) => status.state === "enabled" && status.forward)
          .map(({ client, status }) => ({
            name: status.name,
            processRequest: (request, signal) => client.processRequest(request, signal),
            processResponse: (response, signal) => client.processResponse(response, signal),
          })),
      ),
    );
  }

  close(): void {
    this.#closed = true;
    this.#takeBack?.();
    for (const { client } of this.#registered) client.close();
  }

  async #loadFirst(plugin: Registered): Promise<void> {
    const info = await plugin.client.info().catch(() => undefined);
    if (!info) return this.#set(plugin, { state: "disabled" });
    const announced = { name: info.name, side: wrappedSide(info.side) } as const;
    const capabilities = await plugin.client.capabilities().catch(() => undefined);
    // The binary forgets a plugin that gets this far and no further.
    if (!capabilities) return this.#set(plugin, { ...announced, state: "dropped" });
    this.#set(plugin, { ...announced, forward: capabilities.canHandleHttpForward, state: "enabled" });
  }

  #supervise(): void {
    const due = performance.now() + this.#intervalMs;
    void this.#lock
      .write(async () => {
        for (const plugin of this.#registered)
          if (plugin.status.state !== "dropped" && !this.#closed) await this.#check(plugin);
      })
      .then(() => {
        if (this.#closed) return;
        // Rounds that took longer than the interval are followed by the next at once, as ticks are made up for.
        this.#takeBack = after(due - performance.now(), () => this.#supervise());
      });
  }

  async #check(plugin: Registered): Promise<void> {
    try {
      if (!(await plugin.client.isHealthy())) return this.#set(plugin, { state: "disabled" });
      const info = await plugin.client.info();
      const capabilities = await plugin.client.capabilities();
      this.#set(plugin, {
        name: info.name,
        side: wrappedSide(info.side),
        forward: capabilities.canHandleHttpForward,
        state: "enabled",
      });
    } catch {
      this.#set(plugin, { state: "disabled" });
    }
  }

  #set(plugin: Registered, change: Partial<PluginStatus>): void {
    if (this.#closed) return;
    const before = plugin.status;
    plugin.status = { ...before, ...change };
    if (JSON.stringify(before) !== JSON.stringify(plugin.status))
      this.#onEvent?.({ type: "plugin", plugin: plugin.status });
  }
}

/** ANY, and whatever number is not known, is the server's side. */
function wrappedSide(side: GetPluginInfoResponse_Side): "client" | "server" {
  return side === GetPluginInfoResponse_Side.CLIENT ? "client" : "server";
}

function wrapFor(client: PluginClient, inner: PollStream, side: "client" | "server", id: string): PollStream {
  const wireSide = side === "client" ? Side.CLIENT : Side.SERVER;
  return new PluginStream(inner, (direction, chunk) =>
    client.processChunk({
      id,
      side: wireSide,
      direction: direction === "read" ? Direction.INGRESS : Direction.EGRESS,
      chunk,
    }),
  );
}
