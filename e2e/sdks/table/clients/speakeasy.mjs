// Mistral's SDK and OpenRouter's are made by one generator: their calls take the same options.
import { sdk } from "../../clients/cases.mjs";

/** An SDK's options for one call. */
export const with_ = ({ headers, timeoutMs, noRetries }) => ({
  headers,
  ...(timeoutMs && { timeoutMs }),
  ...(noRetries && { retries: { strategy: "none" } }),
});

/** Whether an error is of a class that the SDK exports for that. */
export async function ownErrors(name, previous) {
  const { module } = await sdk(`${name}/models/errors`, `${previous}/models/errors`);
  const classes = Object.values(module).filter((one) => one?.prototype instanceof Error);
  return (error) => classes.some((one) => error instanceof one);
}
