// What `@grpc/grpc-js` says of each method: a line of JSON with all of it.
//
// grpc-js.mjs AUTHORITY CA-FILE METHOD…   without TLS where CA-FILE is empty; the proxy stands in `grpc_proxy`
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { Client, credentials, status } = createRequire(`${process.env.CLIENTS}/`)("@grpc/grpc-js");
const [authority, caFile, ...methods] = process.argv.slice(2);
const retryPolicy = {
  maxAttempts: 4,
  initialBackoff: "0.05s",
  maxBackoff: "0.2s",
  backoffMultiplier: 2,
  retryableStatusCodes: ["UNAVAILABLE", "RESOURCE_EXHAUSTED"],
};
const client = new Client(
  authority,
  caFile ? credentials.createSsl(readFileSync(caFile)) : credentials.createInsecure(),
  {
    "grpc.service_config": JSON.stringify({
      methodConfig: [{ name: [{ service: "faults.Retried" }], retryPolicy }],
    }),
  },
);

function call(path) {
  return new Promise((resolve) => {
    const said = { messages: 0, code: "", text: "", retryInfo: "" };
    const stream = client.makeServerStreamRequest(
      path,
      (bytes) => bytes,
      (bytes) => bytes,
      Buffer.from(authority),
      { deadline: Date.now() + 8000 },
    );
    stream.on("data", () => said.messages++);
    stream.on("error", () => {});
    stream.on("status", ({ code, details, metadata }) => {
      const [bytes] = metadata.get("grpc-status-details-bin");
      resolve({
        ...said,
        code: status[code] ?? (code === undefined ? "no code" : String(code)),
        // It leaves some errors without a code and a text.
        text: details ?? "",
        retryInfo: bytes === undefined ? "" : `${bytes.length} bytes`,
      });
    });
  });
}

const said = [];
for (const path of methods) said.push(await call(path));
console.log(JSON.stringify(said));
client.close();
