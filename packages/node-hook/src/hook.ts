/**
 * Leads a program's connections to Faultwire's proxy. Loaded by `--require` or `--import`, in front of the program.
 *
 * It works on sockets, so it does not matter which client made them, or with which agent or dispatcher.
 */
import { readFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import net, { type Socket } from "node:net";
import tls, { type TLSSocket } from "node:tls";
import { type ConnectCall, type Destination, destinationOf, isLed, readCall } from "./destination.ts";
import { proxyHeader } from "./proxy-header.ts";
import { readSettings, type Settings } from "./settings.ts";

type Connect<T> = (this: unknown, ...args: unknown[]) => T;

let hasComplained = false;

/** One line, once: the program goes on in any case. */
function complain(error: unknown): void {
  if (hasComplained) return;
  hasComplained = true;
  const why = error instanceof Error ? error.message : String(error);
  process.stderr.write(
    `faultwire: the hook for Node does not work here, so requests may go round the proxy: ${why}\n`,
  );
}

/** Runs something of ours. Whatever it throws is no concern of the program. */
function guarded<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    complain(error);
    return undefined;
  }
}

/** Options of a connection that mean nothing on the way to the proxy. */
const towardsProxy = (settings: Settings) =>
  ({
    host: settings.proxyHost,
    port: settings.proxyPort,
    localAddress: undefined,
    localPort: undefined,
    family: undefined,
    lookup: undefined,
  }) as const;

/** The call, where it is for the proxy. */
function ledCall(
  settings: Settings,
  args: readonly unknown[],
  isTls: boolean,
): (ConnectCall & { readonly to: Destination }) | undefined {
  const call = readCall(args);
  const to = destinationOf(call.options);
  return to && isLed(settings, to, isTls) ? { ...call, to } : undefined;
}

/** Sockets in clear: the same socket goes to the proxy, and the header is its first write. */
function hookSockets(settings: Settings): void {
  const { prototype } = net.Socket as unknown as { prototype: { connect: Connect<Socket> } };
  const original = prototype.connect;
  prototype.connect = function connect(...args) {
    // TLS on a socket of its own is not led from here: its handle takes TLS alone.
    const { encrypted } = this as TLSSocket;
    const led = encrypted ? undefined : guarded(() => ledCall(settings, args, false));
    if (!led) return original.apply(this, args);
    const socket = original.call(this, { ...led.options, ...towardsProxy(settings) }, led.callback);
    socket.write(proxyHeader(led.to));
    return socket;
  };
}

/** TLS: a socket in clear goes to the proxy, and TLS begins on it behind the header. */
function hookTls(settings: Settings, ca: () => string | undefined): void {
  const original = tls.connect as Connect<TLSSocket>;
  const connect: Connect<TLSSocket> = function connect(...args) {
    const led = guarded(() => ledCall(settings, args, true));
    if (!led) return original.apply(this, args);
    const { options, callback, to } = led;
    const { allowHalfOpen, keepAlive, keepAliveInitialDelay, noDelay } = options as net.TcpSocketConnectOpts &
      net.SocketConstructorOpts;
    const socket = net.connect({
      host: settings.proxyHost,
      port: settings.proxyPort,
      allowHalfOpen: allowHalfOpen === true,
      keepAlive,
      keepAliveInitialDelay,
      noDelay,
    } as net.NetConnectOpts);
    socket.write(proxyHeader(to));
    const own = guarded(ca);
    // Roots of the program's own would leave ours out.
    const roots = options["ca"] && own !== undefined ? { ca: [options["ca"], own].flat() } : {};
    const secure = original.call(this, { ...options, ...roots, socket }, callback);
    // Node does this only for sockets that it makes itself.
    if (typeof options["timeout"] === "number") secure.setTimeout(options["timeout"]);
    return secure;
  };
  tls.connect = connect as typeof tls.connect;
}

/** A program may set the roots that count from then on (Node 22.19 and newer); ours stays among them. */
function hookDefaultRoots(ca: () => string | undefined): void {
  type SetRoots = (certificates: readonly unknown[]) => void;
  const module = tls as unknown as { setDefaultCACertificates?: SetRoots };
  const original = module.setDefaultCACertificates;
  if (!original) return;
  module.setDefaultCACertificates = (certificates) => {
    const own = guarded(ca);
    original(own === undefined || !Array.isArray(certificates) ? certificates : [...certificates, own]);
  };
}

function install(): void {
  const { versions } = process;
  // Those read the proxy's variables by themselves, and their sockets are not Node's.
  if (versions["bun"] || versions["deno"]) return;
  const once = globalThis as { [key: symbol]: unknown };
  const mark = Symbol.for("faultwire.node-hook");
  if (once[mark]) return;
  const settings = readSettings(process.env);
  if (!settings) return;
  once[mark] = true;
  let pem: string | undefined;
  const ca = (): string | undefined => {
    if (settings.caFile !== undefined) pem ??= readFileSync(settings.caFile, "utf8");
    return pem;
  };
  hookSockets(settings);
  hookTls(settings, ca);
  hookDefaultRoots(ca);
  syncBuiltinESMExports();
}

guarded(install);
