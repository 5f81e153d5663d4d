import type { Settings } from "./settings.ts";

/** Where a program connects to, as `net.connect` and `tls.connect` are told. */
export interface Destination {
  /** Lower case, without a dot at its end. */
  readonly host: string;
  readonly port: number;
}

/** Options of `net.connect` and `tls.connect`, as far as the hook reads them. */
export interface ConnectOptions {
  readonly host?: unknown;
  readonly port?: unknown;
  readonly path?: unknown;
  readonly socket?: unknown;
  readonly [name: string]: unknown;
}

/** The arguments of `net.connect` and `tls.connect` in any of their forms. */
export interface ConnectCall {
  readonly options: ConnectOptions;
  readonly callback: ((...args: unknown[]) => void) | undefined;
}

type Callback = ConnectCall["callback"];
const isOptions = (value: unknown): value is ConnectOptions => typeof value === "object" && value !== null;

/** Reads `(options)`, `(port, host, options)`, `(path, options)`, each with a callback, and Node's own `([options, callback])`. */
export function readCall(args: readonly unknown[]): ConnectCall {
  const [first] = args;
  if (Array.isArray(first)) return readCall(first);
  const callback = args.find((value): value is NonNullable<Callback> => typeof value === "function");
  if (isOptions(first)) return { options: first, callback };
  const more = args.slice(1).find(isOptions) ?? {};
  const isPort = typeof first === "number" || (typeof first === "string" && /^\d+$/.test(first));
  if (!isPort) return { options: { ...more, path: first }, callback };
  const host = typeof args[1] === "string" ? { host: args[1] } : {};
  return { options: { port: first, ...host, ...more }, callback };
}

/** Whom a call wants by TCP; undefined for a pipe, and for a socket that is there already. */
export function destinationOf({ host, port, path, socket }: ConnectOptions): Destination | undefined {
  if (path || socket) return undefined;
  const number = Number(port);
  if (!Number.isInteger(number) || number < 1 || number > 65_535) return undefined;
  const name = typeof host === "string" && host !== "" ? host : "localhost";
  // The proxy is told a name in ASCII; who connects to another one does so directly.
  if (!/^[\x21-\x7e]{1,255}$/.test(name)) return undefined;
  return { host: name.toLowerCase().replace(/\.$/, ""), port: number };
}

/** This machine, by whatever name. */
const isLoopback = (host: string): boolean =>
  /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|0\.0\.0\.0|::1?|::ffff:127(?:\.\d+){3})$/.test(host);

/**
 * Whether a connection goes to the proxy: to a target always; else where the port is the web's, so that databases, mail and
 * the like stay as they are, and neither this machine nor a host of `NO_PROXY` is meant.
 */
export function isLed(settings: Settings, { host, port }: Destination, isTls: boolean): boolean {
  const { proxyHost, proxyPort, isTarget, isExempt } = settings;
  if (port === proxyPort && (host === proxyHost || (isLoopback(host) && isLoopback(proxyHost)))) return false;
  if (isTarget(host)) return true;
  return port === (isTls ? 443 : 80) && !isLoopback(host) && !isExempt(host, port);
}
