/**
 * What the suite needs of a host, so that the same cases hold the reference host and the real binary to the same
 * behaviour, and what the cases share.
 */
import { connectTunnel, type Peer, startTcpOrigin, type TcpOrigin } from "@faultwire/testkit/host-peers";
import {
  type PluginScript,
  passThroughAnswer,
  type ScriptedPlugin,
  startScriptedPlugin,
  type TunnelAnswer,
  type TunnelCall,
} from "@faultwire/testkit/scripted-plugin";
import { onTestFinished } from "vitest";

/** How a host is to be started for a case. */
export interface HostSetup {
  /** URLs, in order of registration. */
  readonly plugins: readonly string[];
  /** Default `*`. */
  readonly upstreams?: readonly string[];
  /** Remote `host:port`s of TCP mappings; each gets a local port. */
  readonly tcpMappings?: readonly string[];
  /** Remote `host:port`s of HTTP service mappings, cleartext on both sides; each gets a local port. */
  readonly httpMappings?: readonly string[];
}

/** A started host. */
export interface HostUnderTest {
  readonly proxyPort: number;
  readonly tcpPorts: readonly number[];
  readonly httpPorts: readonly number[];
  /** Whether the host is still there: the process lives, or the reference host has not crashed. */
  isAlive(): boolean;
  close(): Promise<void>;
}

/** The implementation that the suite is run against. */
export interface HostImplementation {
  readonly name: string;
  readonly healthCheckIntervalMs: number;
  start(setup: HostSetup): Promise<HostUnderTest>;
}

/** A promise and the way to settle it: the answer to a held call. */
export interface Held<T> {
  readonly promise: Promise<T>;
  release(value: T): void;
}

/** Makes an answer that the test gives when it likes. */
export function held<T>(): Held<T> {
  let release!: (value: T) => void;
  const promise = new Promise<T>((resolve) => {
    release = resolve;
  });
  return { promise, release };
}

/** Long enough for whatever is going to happen to have happened; only used to see that nothing did. */
export const QUIET_MS = 250;

/** Lets `QUIET_MS` go by, and enough turns of the event loop for what has arrived to be seen, however busy it is. */
export async function quiet(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** `length` bytes that differ by position and seed, so that a loss or a swap anywhere shows. */
export function pattern(length: number, seed: number = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = Math.imul(seed, 0x9e3779b1) >>> 0 || 1;
  for (let at = 0; at < length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = state;
  }
  return bytes;
}

/** Answers reads by `answer` and lets writes pass. */
export function onReads(
  answer: (call: TunnelCall) => TunnelAnswer | Promise<TunnelAnswer>,
): NonNullable<PluginScript["tunnel"]> {
  return (call) => (call.direction === "ingress" ? answer(call) : passThroughAnswer(call));
}

/** Answers writes by `answer` and lets reads pass. */
export function onWrites(
  answer: (call: TunnelCall) => TunnelAnswer | Promise<TunnelAnswer>,
): NonNullable<PluginScript["tunnel"]> {
  return (call) => (call.direction === "egress" ? answer(call) : passThroughAnswer(call));
}

/** Text as bytes. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Bytes as text. */
export function text(value: Uint8Array): string {
  return Buffer.from(value).toString("latin1");
}

/** Starts a plugin that goes with the test. */
export async function plugin(script: PluginScript = {}): Promise<ScriptedPlugin> {
  const started = await startScriptedPlugin(script);
  onTestFinished(() => started.close());
  return started;
}

/** Starts an origin that goes with the test. */
export async function origin(): Promise<TcpOrigin> {
  const started = await startTcpOrigin();
  onTestFinished(() => started.close());
  return started;
}

/** Starts the host, which goes with the test. */
export async function startHost(
  implementation: HostImplementation,
  setup: HostSetup,
): Promise<HostUnderTest> {
  const host = await implementation.start(setup);
  onTestFinished(() => host.close());
  return host;
}

/** A tunnel through the host with one plugin or several: both ends in hand. */
export interface OpenTunnel {
  readonly host: HostUnderTest;
  readonly client: Peer;
  readonly upstream: Peer;
  readonly origin: TcpOrigin;
}

/** Starts origin and host and opens one CONNECT tunnel. */
export async function openTunnel(
  implementation: HostImplementation,
  plugins: readonly ScriptedPlugin[],
  setup: Partial<HostSetup> = {},
): Promise<OpenTunnel> {
  const target = await origin();
  const host = await startHost(implementation, { plugins: plugins.map(({ url }) => url), ...setup });
  const client = await connectTunnel(host.proxyPort, target.authority);
  onTestFinished(() => void client.socket.destroy());
  return { host, client, upstream: await target.accept(), origin: target };
}
