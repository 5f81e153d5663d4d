import { join } from "node:path";
import { expect } from "vitest";
import { type InteropClient, scriptedClient } from "../client.ts";
import type { StreamClient } from "../streams.ts";

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

/** Anthropic's TypeScript SDK with streams that don't end well. */
export const anthropicStream: StreamClient = {
  name: "anthropic-sdk",
  command: script("anthropic-stream.mjs"),
  habits: {
    brokenOff: { name: "TypeError", message: "terminated" },
    errorEvent: { name: "APIError", status: null, type: "overloaded_error" },
    collectedCut: { error: expect.objectContaining({ name: "AnthropicError" }) },
  },
};
