/** A client's way to the API: through a host that has loaded the plugin, or without either. */
import { dirname, join } from "node:path";
import { trustEnvironment, writeTrustFiles } from "@faultwire/cert-authority";
import type { Finished, RunningFaultwire } from "../../faultwire-process.ts";
import { type CarriedBy, startCarrier } from "../start-host.ts";
import { outputOf } from "./client.ts";
import { loggedTunnels, markerFlags } from "./logged-tunnels.ts";
import { startNameRelay } from "./name-relay.ts";
import { apiHost, type UpstreamAuthority } from "./upstream.ts";

/** What a client program is given. */
export interface Field {
  /** The proxy that the client is pointed at. */
  readonly proxyUrl: string;
  /** What each of the client's tunnels so far was for, as `host:port`. */
  readonly tunnels: () => Promise<readonly string[]>;
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
  const tunnels = async (): Promise<readonly string[]> => relay.tunnels;
  const way = { proxyUrl: relay.url, tunnels, faultwire: undefined };
  return fieldOf(way, await upstreamTrust(upstream), upstream.caFile, async () => {
    await relay.close();
    return undefined;
  });
}

/** Settings of {@link openField}. */
export interface FieldOptions {
  readonly carriedBy: CarriedBy;
  readonly originPort: number;
  readonly upstream: UpstreamAuthority;
  /** Flags of `faultwire serve` and `proxy`. */
  readonly flags: readonly string[];
  /**
   * `https` (default): the plugin opens the tunnel, and the client trusts Faultwire's CA and not the upstream's.
   * `connection`: the tunnel stays closed, and it is the other way round.
   */
  readonly intercept?: "https" | "connection";
}

/**
 * The way through a host and our plugin, or straight to our proxy, with the CA that `faultwire ca env` makes clients trust. A
 * host resolves names for itself, so that a relay stands before it; our proxy is told where the name leads.
 */
export async function openField(options: FieldOptions): Promise<Field> {
  const { carriedBy, originPort, upstream, flags, intercept = "https" } = options;
  const isProxy = carriedBy === "proxy";
  const { faultwire, host } = await startCarrier(
    carriedBy,
    ...["--intercept", intercept, "--upstream-ca", upstream.caFile],
    ...(isProxy ? ["--resolve", `${apiHost}:443:127.0.0.1:${originPort}`, ...markerFlags] : []),
    ...flags,
  );
  const relay = isProxy ? undefined : await startNameRelay(originPort, host.proxyUrl);
  const proxyUrl = relay?.url ?? host.proxyUrl;
  const tunnels = async (): Promise<readonly string[]> => relay?.tunnels ?? loggedTunnels(faultwire);
  const [trust, caFile] =
    intercept === "https"
      ? [await faultwireTrust(faultwire), faultwire.ready.caCert]
      : [await upstreamTrust(upstream), upstream.caFile];
  return fieldOf({ proxyUrl, tunnels, faultwire }, trust, caFile, async () => {
    await relay?.close();
    await host.close();
    return faultwire.stop();
  });
}

function fieldOf(
  way: Pick<Field, "proxyUrl" | "tunnels" | "faultwire">,
  trust: Readonly<Record<string, string>>,
  caFile: string,
  close: Field["close"],
): Field {
  const environment = { ...bareEnvironment(), ...proxyVariables(way.proxyUrl), ...trust };
  return { ...way, environment, caFile, close };
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
