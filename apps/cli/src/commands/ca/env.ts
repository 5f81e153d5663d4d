import {
  type CertificateAuthority,
  type TrustFiles,
  trustEnvironment,
  writeTrustFiles,
} from "@faultwire/cert-authority";
import { trustFolder } from "@faultwire/cert-authority/internal";
import { runEnvironment } from "@faultwire/run-environment";
import { Command, InvalidArgumentError, Option } from "commander";
import type { CommandIo } from "./command-io.ts";
import { type EnvFormat, envFormats } from "./env-format.ts";
import { addLocation, type Location, openCa, reporting } from "./location.ts";

type EnvFlags = Location & { readonly format: EnvFormat; readonly proxy?: string };

/** `faultwire ca env`: the variables that make one process trust the CA, and with `--proxy` use a proxy. */
export function envCommand(io: CommandIo): Command {
  return addLocation(new Command("env"))
    .description('print what makes one process trust the CA: eval "$(faultwire ca env)"')
    .addOption(
      new Option(
        "--proxy [url]",
        "print what makes it use a proxy, too: HTTPS_PROXY and the like, NO_PROXY without the CA's hosts",
      )
        .preset("http://127.0.0.1:3180")
        .argParser(proxyFlag),
    )
    .addOption(
      new Option("--format <format>", "how to write it").choices(Object.keys(envFormats)).default("sh"),
    )
    .action(
      reporting("env", io, async ({ format, proxy, ...location }: EnvFlags) => {
        const ca = await openCa(location, io);
        const files = await writeTrustFiles(
          ca,
          await trustFolder(ca.directory ?? ".", io.environment),
          io.environment,
        );
        const variables =
          proxy === undefined
            ? trustEnvironment(files, io.environment)
            : proxyEnvironment(proxy, files, ca, io);
        io.out(envFormats[format](variables));
      }),
    );
}

/** The variables that `faultwire run` would set, but for those that need files of its own. */
function proxyEnvironment(
  proxyUrl: string,
  trust: TrustFiles,
  { constraints }: CertificateAuthority,
  io: CommandIo,
): Record<string, string> {
  const targets = constraints?.permittedDns.flatMap((name) => [name, `*.${name}`]) ?? [];
  const options = { proxyUrl, trust, targets };
  const { environment, notes } = runEnvironment({ ...options, environment: io.environment });
  for (const note of notes) io.err(`faultwire ca env: ${note}\n`);
  const { environment: always } = runEnvironment({ ...options, environment: {} });
  const isOurs = ([name, value]: readonly [string, string]): boolean =>
    Object.hasOwn(always, name) || io.environment[name] !== value;
  return Object.fromEntries(Object.entries(environment).filter(isOurs));
}

function proxyFlag(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" || url.pathname !== "/" || url.search !== "")
    throw new InvalidArgumentError("Expected http://HOST:PORT.");
  return text.replace(/\/$/, "");
}
