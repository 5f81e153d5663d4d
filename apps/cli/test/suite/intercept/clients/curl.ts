import { type InteropClient, printingClient } from "../client.ts";

/** The command curl, with what it offers by itself: h2 before http/1.1, and whatever its TLS library does. */
export const curl: InteropClient = printingClient("curl", ({ host, path, body, headers, count }) => [
  "curl",
  "-q",
  "--silent",
  "--show-error",
  "--include",
  "--suppress-connect-headers",
  ...Object.entries(headers).flatMap(([name, value]) => ["--header", `${name}: ${value}`]),
  ...(body === undefined ? [] : ["--data-binary", body]),
  ...Array.from({ length: count }, () => `https://${host}${path}`),
]);
