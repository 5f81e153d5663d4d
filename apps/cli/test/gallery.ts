/** The examples of docs/faults.md, and what they are sent. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Where the gallery stands. */
export const galleryFile: string = join(import.meta.dirname, "../../../docs/faults.md");

export interface GalleryExample {
  readonly kind: string;
  readonly yaml: string;
  /** curl's exit status, as the gallery says it; `NaN` of a fault that is none of what curl asks for here. */
  readonly status: number;
}

/** All of them, in the order of the page. */
export function galleryExamples(): readonly GalleryExample[] {
  const page = readFileSync(galleryFile, "utf8");
  const section = /### (\S+)\n\n```yaml\n(.*?)```\n\n(?:curl ends with (\d+)\.|A client )/gs;
  return [...page.matchAll(section)].map(([, kind = "", yaml = "", status]) => ({
    kind,
    yaml,
    status: Number(status),
  }));
}

const message = {
  model: "claude-sonnet-5-5",
  max_tokens: 64,
  messages: [{ role: "user", content: "Grüße!" }],
};

/** The request that brings an example out. */
export function galleryRequest(kind: string): string {
  if (kind === "model.garble-tool-input") {
    const input_schema = { type: "object", properties: { place: { type: "string" } }, required: ["place"] };
    const tools = [{ name: "look", input_schema }];
    return JSON.stringify({ ...message, tools, tool_choice: { type: "tool", name: "look" } });
  }
  const isStream =
    kind.startsWith("stream.") || /record|bad-mac|garbage|truncate/.test(kind.replace("http.truncate", ""));
  return JSON.stringify(isStream ? { ...message, stream: true } : message);
}
