// One request with the client that is named, to the URL that is given; prints the status that the client got.
import { spawnSync } from "node:child_process";
import http from "node:http";
import https from "node:https";
import { Worker } from "node:worker_threads";

const [name, origin] = process.argv.slice(2);
const url = `${origin}/v1/messages`;
const body = JSON.stringify({
  model: "claude-sonnet-4-5",
  max_tokens: 9,
  messages: [{ role: "user", content: "hi" }],
});
const post = { method: "POST", headers: { "content-type": "application/json" }, body };

const byRequest = (options, to = url) =>
  new Promise((resolve, reject) =>
    (to.startsWith("https:") ? https : http)
      .request(to, { method: "POST", headers: post.headers, ...options }, (response) => {
        response.resume().on("end", () => resolve(response.statusCode));
      })
      .on("error", reject)
      .end(body),
  );
const byUndici = (version) => async () => {
  const { request } = await import(version);
  const response = await request(url, post);
  await response.body.text();
  return response.statusCode;
};
const byUndiciAgent = (version) => async () => {
  const { Agent, fetch } = await import(version);
  return (await fetch(url, { ...post, dispatcher: new Agent({ keepAliveTimeout: 1000 }) })).status;
};
const key = { apiKey: "none", maxRetries: 0 };
/** What SDKs throw holds the status; under one name or the other. */
const statusOf = (error) =>
  error.status ?? error.statusCode ?? error.lastError?.statusCode ?? Promise.reject(error);

const clients = {
  fetch: async () => (await fetch(url, post)).status,
  "http in clear": () => byRequest({}, url.replace("https:", "http:")),
  https: () => byRequest({}),
  "https, an agent of its own": () =>
    byRequest({ agent: new https.Agent({ keepAlive: true, maxSockets: 4 }) }),
  "https, agent: false": () => byRequest({ agent: false }),
  "https, ca of its own": async () => byRequest({ ca: (await import("node:tls")).rootCertificates[0] }),
  "fetch in a worker": () =>
    new Promise((resolve, reject) =>
      new Worker(
        `fetch(${JSON.stringify(url)}, { method: "POST", body: "{}" }).then(({ status }) => require("node:worker_threads").parentPort.postMessage(status))`,
        { eval: true },
      )
        .on("message", resolve)
        .on("error", reject),
    ),
  "fetch in a child": () =>
    Number(
      spawnSync(process.execPath, [
        "-e",
        `fetch(${JSON.stringify(url)}, { method: "POST", body: "{}" }).then(({ status }) => console.log(status))`,
      ]).stdout,
    ),
  undici5: byUndici("undici5"),
  undici6: byUndici("undici6"),
  undici7: byUndici("undici7"),
  undici8: byUndici("undici8"),
  "undici5, an Agent of its own": byUndiciAgent("undici5"),
  "undici6, an Agent of its own": byUndiciAgent("undici6"),
  "undici7, an Agent of its own": byUndiciAgent("undici7"),
  "undici8, an Agent of its own": byUndiciAgent("undici8"),
  got: async () =>
    (await (await import("got")).default.post(url, { body, retry: { limit: 0 }, throwHttpErrors: false }))
      .statusCode,
  axios: async () =>
    (await (await import("axios")).default.post(url, body, { validateStatus: () => true })).status,
  ky: async () =>
    (await (await import("ky")).default.post(url, { body, retry: 0, throwHttpErrors: false })).status,
  "node-fetch2": async () => (await (await import("node-fetch2")).default(url, post)).status,
  "node-fetch": async () => (await (await import("node-fetch")).default(url, post)).status,
  "@anthropic-ai/sdk": async () => {
    const { default: Anthropic } = await import("@anthropic-ai/sdk");
    return new Anthropic({ ...key, baseURL: origin }).messages
      .create(JSON.parse(body))
      .then(() => 200, statusOf);
  },
  openai: async () => {
    const { default: OpenAI } = await import("openai");
    const sdk = new OpenAI({ ...key, baseURL: `${origin}/v1` });
    return sdk.chat.completions
      .create({ model: "gpt-5", messages: [{ role: "user", content: "hi" }] })
      .then(() => 200, statusOf);
  },
  ai: async () => {
    const [{ generateText }, { createAnthropic }] = await Promise.all([
      import("ai"),
      import("@ai-sdk/anthropic"),
    ]);
    const model = createAnthropic({ apiKey: "none", baseURL: `${origin}/v1` })("claude-sonnet-4-5");
    return generateText({ model, prompt: "hi", maxRetries: 0 }).then(() => 200, statusOf);
  },
};

console.log(`status=${await clients[name]()}`);
