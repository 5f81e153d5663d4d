/** A client's way to the API: through a host that has loaded the plugin, or without either. */
import { dirname, join } from "node:path";
import { trustEnvironment, writeTrustFiles } from "@faultwire/cert-authority";
import { type Finished, type RunningFaultwire, startFaultwire } from "../../faultwire-process.ts";
import type { StartHost } from "../start-host.ts";
import { outputOf } from "./client.ts";
import { type NameRelay, startNameRelay } from "./name-relay.ts";
import type { UpstreamAuthority } from "./upstream.ts";

/** What a client program is given. */
export interface Field {
  /** The proxy that the client is pointed at. */
  readonly proxyUrl: string;
  /** What each of the client's tunnels was for, as `host:port`. */
  readonly tunnels: readonly string[];
  /** Everything that a client program finds in its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** The certificate that it has to trust. */
  readonly caFile: string;
  /** The plugin, where there is one. */
  readonly faultwire: RunningFaultwire | undefined;
  /** Closes everything; resolves with how the plugin ended, where there was one. */
  close(): Promise<Finished | undefined>;
}

/** What every program needs, and nothing of what the person who runs the tests has set. */
const bareEnvironment = (): Record<string, string> => ({
  PATH: process.env["PATH"] ?? "",
  HOME: process.env["HOME"] ?? "",
  LC_ALL: "C",
});

const proxyVariables = (url: string): Record<string, string> => ({ HTTPS_PROXY: url, https_proxy: url });

/** The way without host and plugin: the client trusts the upstream's CA. */
export async function openDirectField(originPort: number, upstream: UpstreamAuthority): Promise<Field> {
  const relay = await startNameRelay(originPort);
  return fieldOf(relay, undefined, await upstreamTrust(upstream), upstream.caFile, async () => {
    await relay.close();
    return undefined;
  });
}

/** Settings of {@link openField}. */
export interface FieldOptions {
  readonly startHost: StartHost;
  readonly originPort: number;
  readonly upstream: UpstreamAuthority;
  /** Flags of `faultwire serve`. */
  readonly flags: readonly string[];
  /**
   * `https` (default): the plugin opens the tunnel, and the client trusts Faultwire's CA and not the upstream's.
   * `connection`: the tunnel stays closed, and it is the other way round.
   */
  readonly intercept?: "https" | "connection";
}

/** The way through a host and our plugin, with the CA that `faultwire ca env` makes clients trust. */
export async function openField(options: FieldOptions): Promise<Field> {
  const { startHost, originPort, upstream, flags, intercept = "https" } = options;
  const faultwire = await startFaultwire(
    "serve",
    "--intercept",
    intercept,
    "--upstream-ca",
    upstream.caFile,
    ...flags,
  );
  const host = await startHost(faultwire.ready.plugins).catch(async (error: unknown) => {
    await faultwire.stop();
    throw error;
  });
  const relay = await startNameRelay(originPort, host.proxyUrl);
  const [trust, caFile] =
    intercept === "https"
      ? [await faultwireTrust(faultwire), faultwire.ready.caCert]
      : [await upstreamTrust(upstream), upstream.caFile];
  return fieldOf(relay, faultwire, trust, caFile, async () => {
    await relay.close();
    await host.close();
    return faultwire.stop();
  });
}

function fieldOf(
  relay: NameRelay,
  faultwire: RunningFaultwire | undefined,
  trust: Readonly<Record<string, string>>,
  caFile: string,
  close: Field["close"],
): Field {
  const environment = { ...bareEnvironment(), ...proxyVariables(relay.url), ...trust };
  return { proxyUrl: relay.url, tunnels: relay.tunnels, environment, caFile, faultwire, close };
}

async function upstreamTrust({ authority, caFile }: UpstreamAuthority): Promise<Record<string, string>> {
  return trustEnvironment(await writeTrustFiles(authority, join(dirname(caFile), "trust"), {}), {});
}

/** What `faultwire ca env` prints for the CA of a running plugin. */
async function faultwireTrust({ home }: RunningFaultwire): Promise<Record<string, string>> {
  const bin = join(import.meta.dirname, "../../../bin/faultwire.js");
  const command = [process.execPath, bin, "ca", "env", "--format", "json"];
  const { stdout, stderr } = await outputOf(command, { ...bareEnvironment(), FAULTWIRE_HOME: home });
  if (stdout.length === 0) throw new Error(`faultwire ca env: ${stderr}`);
  return JSON.parse(stdout.toString()) as Record<string, string>;
}
