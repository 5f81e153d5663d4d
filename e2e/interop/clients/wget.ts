import { type InteropClient, printingClient } from "../../../apps/cli/test/suite/intercept/client.ts";

/** GNU wget; Debian's is built with GnuTLS, which reads no variable for the certificate. */
export const wget: InteropClient = printingClient("wget", ({ host, path, body, headers, count, caFile }) => [
  "wget",
  ...["--no-config", "--quiet", "--tries=1", "--no-hsts", "--output-document=-"],
  ...["--save-headers", "--content-on-error", `--ca-certificate=${caFile}`],
  ...Object.entries(headers).map(([name, value]) => `--header=${name}: ${value}`),
  ...(body === undefined ? [] : [`--post-data=${body}`]),
  ...Array.from({ length: count }, () => `https://${host}${path}`),
]);
