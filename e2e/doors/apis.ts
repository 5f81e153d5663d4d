/** Two APIs on loopback, as their SDKs need them: one answer each, under the names that SDKs ask for. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CertificateAuthority, exportCertificate } from "@faultwire/cert-authority";

export const apiHosts = ["api.anthropic.com", "api.openai.com"] as const;

/** What the APIs answer. */
export const answer = "Hello from the upstream.";

export interface Apis {
  readonly port: number;
  /** The CA that vouches for them (PEM); no client trusts it. */
  readonly caFile: string;
  /** `HOST METHOD PATH` of what has come. */
  readonly seen: string[];
  close(): Promise<void>;
}

const anthropicMessage = {
  ...{ id: "msg_1", type: "message", role: "assistant", model: "m" },
  content: [{ type: "text", text: answer }],
  ...{ stop_reason: "end_turn", stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 } },
};
const openaiCompletion = {
  ...{ id: "chatcmpl-1", object: "chat.completion", created: 0, model: "m" },
  choices: [
    { index: 0, message: { role: "assistant", content: answer }, finish_reason: "stop", logprobs: null },
  ],
};

/** The same message as a stream. */
const anthropicStream = [
  { type: "message_start", message: { ...anthropicMessage, content: [], stop_reason: null } },
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: answer } },
  { type: "content_block_stop", index: 0 },
  {
    type: "message_delta",
    delta: { stop_reason: "end_turn", stop_sequence: null },
    usage: { output_tokens: 1 },
  },
  { type: "message_stop" },
]
  .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  .join("");

/** Starts them on a free port of 127.0.0.1. */
export async function startApis(): Promise<Apis> {
  const folder = mkdtempSync(join(tmpdir(), "faultwire-apis-"));
  const caFile = join(folder, "ca.pem");
  const authority = await CertificateAuthority.ephemeral({ targets: [...apiHosts] });
  await exportCertificate(authority, caFile);
  const seen: string[] = [];
  const server = createServer(
    {
      SNICallback: authority.sniCallback,
    },
    (request, response) => {
      const { host = "" } = request.headers;
      seen.push(`${host} ${request.method} ${request.url}`);
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        const isStream = /"stream":\s*true/.test(body);
        if (isStream) response.setHeader("content-type", "text/event-stream");
        else response.setHeader("content-type", "application/json");
        if (isStream) response.end(anthropicStream);
        else response.end(JSON.stringify(host === "api.openai.com" ? openaiCompletion : anthropicMessage));
      });
    },
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    caFile,
    seen,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
