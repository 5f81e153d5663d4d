/** The hosts that the run was started for: `--host reference|fault|both`. */
import { startFaultHost } from "@faultwire/fault-host";
import type { StartHost } from "../../apps/cli/test/suite/start-host.ts";
import { realFaultHost } from "../fault/real-fault-host.ts";

/** A host with its name. */
export interface NamedHost {
  readonly name: string;
  readonly start: StartHost;
}

const reference = (): NamedHost => ({
  name: "reference host",
  start: (plugins) => startFaultHost({ plugins, proxyPort: 0 }),
});

function real(): NamedHost {
  const fault = realFaultHost();
  return {
    name: fault.name,
    async start(plugins) {
      const host = await fault.start({ plugins });
      return { proxyUrl: `http://127.0.0.1:${host.proxyPort}`, close: () => host.close() };
    },
  };
}

const choices: Readonly<Record<string, () => readonly NamedHost[]>> = {
  reference: () => [reference()],
  fault: () => [real()],
  both: () => [reference(), real()],
};

/** The hosts to run everything through. @throws Error for the real one where there is none, or another version. */
export const hosts: readonly NamedHost[] = choices[process.env["FAULTWIRE_HOSTS"] ?? "both"]?.() ?? [];
