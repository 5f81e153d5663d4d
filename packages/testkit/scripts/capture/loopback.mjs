// Sockets of our own on 127.0.0.1 between the programs whose bytes are wanted.
import { spawn } from "node:child_process";
import { connect as connectTcp, createServer } from "node:net";

const listen = (server) =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve(server.address().port));
  });

/** Whether `bytes` holds a whole first handshake message, whatever records it is spread over. */
function hasMessage(bytes) {
  const fragments = [];
  for (let at = 0; at + 5 <= bytes.length; ) {
    const end = at + 5 + bytes.readUInt16BE(at + 3);
    if (end > bytes.length) break;
    fragments.push(bytes.subarray(at + 5, end));
    at = end;
  }
  const message = Buffer.concat(fragments);
  return message.length >= 4 && message.length >= 4 + message.readUIntBE(1, 3);
}

/**
 * The first flight of whoever connects to the port that `start` is called with: his ClientHello, records and all.
 * Rejects when nobody has come after `timeoutMs`.
 */
export async function captureHello(start, timeoutMs = 20_000) {
  const server = createServer();
  const hello = new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("no ClientHello came")), timeoutMs);
    server.on("connection", (socket) => {
      let bytes = Buffer.alloc(0);
      socket.on("error", () => {});
      socket.on("data", (chunk) => {
        bytes = Buffer.concat([bytes, chunk]);
        if (!hasMessage(bytes)) return;
        clearTimeout(timer);
        socket.destroy();
        resolve(bytes);
      });
    });
  });
  const port = await listen(server);
  const stop = await start(port);
  try {
    return await hello;
  } finally {
    stop?.();
    server.close();
  }
}

/** A relay in front of `serverPort` that notes every chunk of either direction, in the order seen. */
export async function openRelay(serverPort) {
  const chunks = [];
  const sockets = new Set();
  let open = 0;
  let ended = () => {};
  const end = new Promise((resolve) => {
    ended = resolve;
  });
  const relay = createServer((client) => {
    const server = connectTcp(serverPort, "127.0.0.1");
    open += 2;
    for (const [from, to, side] of [
      [client, server, "client"],
      [server, client, "server"],
    ]) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on("data", (chunk) => {
        chunks.push({ from: side, hex: chunk.toString("hex") });
        to.write(chunk);
      });
      from.on("end", () => to.end());
      from.on("error", () => to.destroy());
      from.on("close", () => {
        open--;
        to.destroy();
        if (open === 0) ended();
      });
    }
  });
  const port = await listen(relay);
  return {
    port,
    chunks,
    /** Settles when both ends of the connection are closed. */
    end,
    close() {
      relay.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Starts a program; `output` grows, `until` waits for a line in it, `stop` ends it. */
export function startProgram(command, args, { input, env } = {}) {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
  let output = "";
  const listeners = new Set();
  const closed = new Promise((resolve) => {
    child.on("close", resolve);
    child.on("error", (error) => {
      output += `${error.message}\n`;
      resolve(-1);
    });
  });
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (text) => {
      output += text;
      for (const listener of listeners) listener();
    });
  child.stdin.on("error", () => {});
  if (input !== undefined) child.stdin.end(input);
  return {
    child,
    closed,
    output: () => output,
    until(pattern, timeoutMs = 15_000) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`${command} ${args.join(" ")} never said ${pattern}:\n${output}`)),
          timeoutMs,
        );
        const look = () => {
          const match = pattern.exec(output);
          if (!match) return;
          clearTimeout(timer);
          listeners.delete(look);
          resolve(match);
        };
        listeners.add(look);
        look();
      });
    },
    stop: () => child.kill("SIGKILL"),
  };
}
