/** Every client program of the checks, with the tool that it needs. */
import { join } from "node:path";
import { type InteropClient, scriptedClient } from "../../../apps/cli/test/suite/intercept/client.ts";
import { curl } from "../../../apps/cli/test/suite/intercept/clients/curl.ts";
import { anthropicStream, nodeClients } from "../../../apps/cli/test/suite/intercept/clients/node-clients.ts";
import type { StreamClient } from "../../../apps/cli/test/suite/intercept/streams.ts";
import { isLeftOut, python, type ToolName } from "../tools.ts";
import { gnutls, gnutlsTls12 } from "./gnutls.ts";
import { openssl, opensslTls12 } from "./openssl.ts";
import { wget } from "./wget.ts";

const pythonScript = (name: string): string => join(import.meta.dirname, `${name}.py`);
const inPython = (name: string, ...args: readonly string[]): InteropClient =>
  scriptedClient([name, ...args].join("-"), [python, pythonScript(name), ...args]);

const byTool: Readonly<Partial<Record<ToolName | "node", readonly InteropClient[]>>> = {
  node: nodeClients,
  curl: [curl],
  wget: [wget],
  openssl: [openssl, opensslTls12],
  gnutls: [gnutls, gnutlsTls12],
  python: [inPython("python-requests"), inPython("python-anthropic"), inPython("python-anthropic", "stream")],
};

/** The clients whose tools were not left out. */
export const clients: readonly InteropClient[] = Object.entries(byTool).flatMap(([tool, list]) =>
  tool !== "node" && isLeftOut(tool as ToolName) ? [] : list,
);

const pythonStream: StreamClient = {
  name: "python-anthropic",
  command: [python, pythonScript("python-anthropic-stream")],
  habits: {
    brokenOff: { name: "RemoteProtocolError" },
    errorEvent: { name: "APIStatusError", status: 200, type: "overloaded_error" },
    // A message that lacks its end, and no error.
    collectedCut: { stopReason: null, error: null },
  },
};

/** The SDKs that stream. */
export const streamClients: readonly StreamClient[] = isLeftOut("python")
  ? [anthropicStream]
  : [anthropicStream, pythonStream];
