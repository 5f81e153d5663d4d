/** What comes of tools that run at the provider, as blocks of the Messages API. */
import { derivedBase64 } from "../ids.ts";
import { isObject, objectsIn, textOr } from "../json.ts";

/** A result's block. */
export interface ServerToolResultBlock {
  readonly type: `${string}_tool_result`;
  readonly tool_use_id: string;
  readonly content: unknown;
  readonly caller?: { readonly type: "direct" };
}

/**
 * @param result - As `serverToolResult` gives it, or a script: pages with `url`, `title` and `text` for `web_search`, one for
 * `web_fetch`, `stdout`, `stderr` and `returnCode` for what runs code.
 */
export function resultBlock(tool: string, id: string, result: unknown): ServerToolResultBlock {
  const block = (type: ServerToolResultBlock["type"], content: unknown): ServerToolResultBlock => ({
    type,
    tool_use_id: id,
    content,
  });
  const fields = isObject(result) ? result : {};
  switch (tool) {
    case "web_search":
      return { ...block("web_search_tool_result", searchResults(result)), caller: { type: "direct" } };
    case "web_fetch":
      return { ...block("web_fetch_tool_result", fetched(fields)), caller: { type: "direct" } };
    case "code_execution":
    case "bash_code_execution":
      return block(`${tool}_tool_result`, {
        type: `${tool}_result`,
        stdout: textOr(fields["stdout"]),
        stderr: textOr(fields["stderr"]),
        return_code: typeof fields["returnCode"] === "number" ? fields["returnCode"] : 0,
        content: [],
      });
    default:
      return block("tool_search_tool_result", {
        type: "tool_search_tool_search_result",
        tool_references: objectsIn(result).map(({ tool_name: name }) => ({
          type: "tool_reference",
          tool_name: textOr(name),
        })),
      });
  }
}

const searchResults = (result: unknown): readonly object[] =>
  objectsIn(result).map(({ url, title, text }) => ({
    type: "web_search_result",
    url: textOr(url),
    title: textOr(title),
    encrypted_content: derivedBase64("encrypted", textOr(text)),
    page_age: null,
  }));

const fetched = ({ url, title, text }: { readonly [key: string]: unknown }): object => ({
  type: "web_fetch_result",
  url: textOr(url),
  retrieved_at: null,
  content: {
    type: "document",
    title: typeof title === "string" ? title : null,
    source: { type: "text", media_type: "text/plain", data: textOr(text) },
    citations: null,
  },
});
