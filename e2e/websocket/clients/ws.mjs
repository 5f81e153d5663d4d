// What `ws` says of a WebSocket: a line of JSON when it has ended.
import { createRequire } from "node:module";

const WebSocket = createRequire(`${process.env.CLIENTS}/`)("ws");
const said = { messages: 0, error: "", close: "" };
const socket = new WebSocket(process.argv[2]);
const tell = () => {
  console.log(JSON.stringify(said));
  process.exit(0);
};
socket.on("open", () => socket.send("hello"));
socket.on("message", () => said.messages++);
socket.on("error", (error) => {
  said.error = [error.code, error.message].filter(Boolean).join(" ");
});
socket.on("close", (code, reason) => {
  said.close = `${code} ${reason}`.trim();
  tell();
});
setTimeout(tell, 8000);
