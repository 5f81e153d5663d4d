// mockttp, passing everything through: `mockttp.mjs ORIGIN_CA_FILE [http2]`.
import { readFileSync } from "node:fs";
import { generateCACertificate, getLocal } from "mockttp";
import { answerParent } from "../support/child.mjs";

const [originCa, version] = process.argv.slice(2);
const https = await generateCACertificate();
// Bodies would be kept for its log otherwise.
const server = getLocal({ https, http2: version === "http2" ? "fallback" : false, recordTraffic: false });
await server.forUnmatchedRequest().thenPassThrough({
  additionalTrustedCAs: [{ cert: readFileSync(originCa, "utf8") }],
});
await server.start();
answerParent({ port: server.port, ca: https.cert });
