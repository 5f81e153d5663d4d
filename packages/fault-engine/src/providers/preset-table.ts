import { headerValue } from "@faultwire/http1";
import { PROVIDER_ERRORS, type Provider, providerError } from "./provider-error.ts";

/**
 * A Markdown table of one provider's presets, in the order of {@link PROVIDER_ERRORS}; the documentation's is made with
 * it.
 */
export function presetTable(provider: Provider): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    row(["preset", "status", "retry-after", "what the body says"]),
    `|${"---|".repeat(4)}`,
    ...PROVIDER_ERRORS[provider].map(({ name, status, message }) => {
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
