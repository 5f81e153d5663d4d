/** Who carries the run: `--host reference|fault|both|proxy`. */
import { startFaultHost } from "@faultwire/fault-host";
import type { CarriedBy } from "../../apps/cli/test/suite/start-host.ts";
import { realFaultHost } from "../fault/real-fault-host.ts";

/** A host, or our proxy, with its name. */
export interface NamedHost {
  readonly name: string;
  readonly carriedBy: CarriedBy;
}

const reference = (): NamedHost => ({
  name: "reference host",
  carriedBy: (plugins) => startFaultHost({ plugins, proxyPort: 0 }),
});

function real(): NamedHost {
  const fault = realFaultHost();
  return {
    name: fault.name,
    carriedBy: async (plugins) => {
      const host = await fault.start({ plugins });
      return { proxyUrl: `http://127.0.0.1:${host.proxyPort}`, close: () => host.close() };
    },
  };
}

const choices: Readonly<Record<string, () => readonly NamedHost[]>> = {
  reference: () => [reference()],
  fault: () => [real()],
  proxy: () => [{ name: "proxy", carriedBy: "proxy" }],
  both: () => [reference(), real()],
};

/** The hosts to run everything through. @throws Error for the real one where there is none, or another version. */
export const hosts: readonly NamedHost[] = choices[process.env["FAULTWIRE_HOSTS"] ?? "both"]?.() ?? [];
