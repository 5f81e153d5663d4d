import { headerValue } from "@faultwire/http1";
import { COMMON_ERRORS, commonPreset } from "./common-errors.ts";
import { providerError } from "./provider-error.ts";
import { PROVIDERS } from "./provider-table.ts";
import { PROVIDER_NAMES, type Provider } from "./request-table.ts";

/**
 * A Markdown table of one provider's presets, in the order of its profile; the documentation's is made with it.
 *
 * @example
 * ```ts
 * console.log(presetTable("openai"));
 * ```
 */
export function presetTable(provider: Provider): string {
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

/**
 * A Markdown table of the presets that the errors without an API are at each API; the documentation's is made with it.
 *
 * @example
 * ```ts
 * console.log(commonErrorTable());
 * ```
 */
export function commonErrorTable(): string {
  return [
    row(["API", ...COMMON_ERRORS.map((error) => `\`${error}\``)]),
    `|${"---|".repeat(COMMON_ERRORS.length + 1)}`,
    ...PROVIDER_NAMES.map((provider) =>
      row([
        PROVIDERS[provider].title,
        ...COMMON_ERRORS.map((error) => `\`${commonPreset(error, provider)}\``),
      ]),
    ),
    "",
  ].join("\n");
}

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
