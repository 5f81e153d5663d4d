/** InvokeModel: a body of the model's own. The mock knows Claude's and that of Titan's embeddings. */
import { answerMessages } from "../anthropic/answer.ts";
import type { MessagesRules } from "../anthropic/messages-request.ts";
import { type ApiAnswer, type Frame, frame, json } from "../api.ts";
import { derivedLetters, derivedVector } from "../ids.ts";
import { parseObject, textOr } from "../json.ts";
import { countTokens } from "../model/token-count.ts";
import type { World } from "../provider.ts";
import { validation } from "./errors.ts";
import { AWS_EVENT_STREAM, awsEvent } from "./event-stream.ts";

/** @param model - As the path has it. */
export function invoke(body: Uint8Array, model: string, streams: boolean, world: World): ApiAnswer {
  if (model.includes("titan-embed") && !streams) return embed(body, model, world.seed);
  if (!/(?:^|[./])anthropic\.claude-/.test(model))
    return validation(
      "The mock's InvokeModel knows the bodies of anthropic.claude-… and amazon.titan-embed-…; other models answer through Converse.",
    );
  const fields = parseObject(body);
  if (!fields) return validation("Malformed input request, please reformat your input and try again.");
  if (textOr(fields["anthropic_version"]) === "") return validation("anthropic_version: Field required");
  const rules: MessagesRules = {
    version: textOr(fields["anthropic_version"]),
    asksForAnswer: true,
    hasBetas: Array.isArray(fields["anthropic_beta"]),
    model,
    streams,
  };
  const answer = answerMessages(body, rules, world);
  if (answer.kind === "error") return validation(answer.message);
  const { inputTokens = 0, outputTokens = 0 } = answer.usage ?? {};
  if (answer.kind === "stream") {
    const metrics = {
      inputTokenCount: inputTokens,
      outputTokenCount: outputTokens,
      invocationLatency: 1,
      firstByteLatency: 1,
    };
    return {
      ...answer,
      contentType: AWS_EVENT_STREAM,
      headers: [["x-amzn-bedrock-content-type", "application/json"]],
      frames: answer.frames.map((one, index) => chunkOf(one, index, metrics)),
    };
  }
  return {
    ...answer,
    headers: [
      ["x-amzn-bedrock-input-token-count", String(inputTokens)],
      ["x-amzn-bedrock-output-token-count", String(outputTokens)],
      ["x-amzn-bedrock-invocation-latency", "1"],
    ],
  };
}

/** An event of Anthropic's stream in a frame of AWS's; the last one has Bedrock's own count. */
function chunkOf({ bytes, tokens }: Frame, index: number, metrics: object): Frame {
  const data = /^data: (.*)$/m.exec(String(bytes))?.[1] ?? "{}";
  const event = parseObject(data) ?? {};
  const whole =
    event["type"] === "message_stop" ? { ...event, "amazon-bedrock-invocationMetrics": metrics } : event;
  const payload = {
    bytes: Buffer.from(JSON.stringify(whole)).toString("base64"),
    p: derivedLetters(8, "padding", data, index),
  };
  return frame(awsEvent("chunk", payload), tokens);
}

function embed(body: Uint8Array, model: string, seed: number): ApiAnswer {
  const { inputText: text, dimensions = 1024 } = parseObject(body) ?? {};
  if (typeof text !== "string" || text === "")
    return validation(
      "Malformed input request: #: required key [inputText] not found, please reformat your input and try again.",
    );
  if (dimensions !== 256 && dimensions !== 512 && dimensions !== 1024)
    return validation(
      `Malformed input request: #/dimensions: ${JSON.stringify(dimensions)} is not one of 256, 512, 1024`,
    );
  const tokens = countTokens(text);
  const embedding = derivedVector(dimensions, "embedding", seed, model, text);
  return json(
    { embedding, embeddingsByType: { float: embedding }, inputTextTokenCount: tokens },
    { model, usage: { inputTokens: tokens, outputTokens: 0 } },
  );
}
