// axios 1.16.0 with its `proxy` option: it sends `GET https://…` to the proxy in clear, where later ones send a CONNECT.
// Prints the statuses.
import axios from "axios";

const { hostname: host, port } = new URL(process.env.PROXY_URL);
const client = axios.create({
  baseURL: process.env.API_URL,
  proxy: { protocol: "http", host, port: Number(port) },
  validateStatus: () => true,
});
const statuses = [];
for (let count = 0; count < 2; count++)
  statuses.push((await client.post("/v1/messages", { model: "m", max_tokens: 1, messages: [] })).status);
console.log(statuses.join(" "));
