import { headerValue } from "@faultwire/http1";
import { providerError } from "./provider-error.ts";
import { PROVIDERS } from "./provider-table.ts";
import type { Provider } from "./request-table.ts";

/**
 * A Markdown table of one provider's presets, in the order of its profile; the documentation's is made with it.
 *
 * @example
 * ```ts
 * console.log(presetTable("openai"));
 * ```
 */
export function presetTable(provider: Provider): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    row(["preset", "status", "retry-after", "what the body says"]),
    `|${"---|".repeat(4)}`,
    ...PROVIDERS[provider].errors.map(({ name, status, message }) => {
      const { headers } = providerError({ provider, error: name, requestId: "req_1", nowMs: 0 });
      return row([
        `\`${provider}/${name}\``,
        String(status),
        headerValue(headers, "retry-after") ?? "",
        message.replaceAll("|", "\\|"),
      ]);
    }),
    "",
  ].join("\n");
}
