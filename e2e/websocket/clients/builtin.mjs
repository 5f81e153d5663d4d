// What Node's own WebSocket says: a line of JSON when it has ended.
const said = { messages: 0, error: "", close: "" };
const socket = new WebSocket(process.argv[2]);
const tell = () => {
  console.log(JSON.stringify(said));
  process.exit(0);
};
socket.onopen = () => socket.send("hello");
socket.onmessage = () => said.messages++;
socket.onerror = ({ message }) => {
  said.error = message || "an error without a text";
};
socket.onclose = ({ code, reason, wasClean }) => {
  said.close = `${code} ${reason}`.trim() + (wasClean ? "" : ", not clean");
  tell();
};
setTimeout(tell, 8000);
