import { join } from "node:path";
import { type InteropClient, scriptedClient } from "../client.ts";

const script = (name: string, ...args: readonly string[]): readonly string[] => [
  process.execPath,
  join(import.meta.dirname, name),
  ...args,
];

/** The clients that run in Node. */
export const nodeClients: readonly InteropClient[] = [
  scriptedClient("node-fetch", script("node-fetch.mjs")),
  scriptedClient("node-https", script("node-https.mjs")),
  scriptedClient("anthropic-sdk", script("anthropic-sdk.mjs")),
  scriptedClient("anthropic-sdk-stream", script("anthropic-sdk.mjs", "stream")),
];
