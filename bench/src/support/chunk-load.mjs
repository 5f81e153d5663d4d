// Calls against a server: from h2load, where it is installed (Debian's nghttp2-client), from this process otherwise.
import { execFile, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { chunkPath, request, responseBytes } from "./chunk-call.mjs";

/**
 * `load(port, inFlight, ms)` makes calls on one connection and gives `{ calls, seconds, latenciesUs }`; `name` says
 * who makes them.
 */
export function openLoad() {
  const scratch = mkdtempSync(join(tmpdir(), "faultwire-bench-"));
  const hasH2load = spawnSync("h2load", ["--version"]).status === 0;
  return {
    name: hasH2load ? "h2load" : "a Node client",
    load: hasH2load ? loadFromH2load(scratch) : loadFromNode,
    close: () => rmSync(scratch, { recursive: true, force: true }),
  };
}

/** Calls from this process; throws where an answer is not what it must be. */
export async function loadFromNode(port, inFlight, ms) {
  const client = connect(`http://127.0.0.1:${port}`);
  await once(client, "connect");
  const latenciesUs = [];
  const end = performance.now() + ms;
  const headers = {
    ":method": "POST",
    ":path": chunkPath,
    "content-type": "application/grpc",
    te: "trailers",
  };
  const one = () =>
    new Promise((resolve, reject) => {
      const stream = client.request(headers);
      let bytes = 0;
      let status;
      stream.on("data", (part) => {
        bytes += part.length;
      });
      stream.on("trailers", (trailers) => {
        status = trailers["grpc-status"];
      });
      stream.on("error", reject);
      stream.on("close", () => {
        if (bytes === responseBytes && status === "0") resolve();
        else reject(new Error(`a contender gave a wrong answer: ${bytes} bytes, status ${status}`));
      });
      stream.end(request);
    });
  const worker = async () => {
    while (performance.now() < end) {
      const start = performance.now();
      await one();
      latenciesUs.push((performance.now() - start) * 1000);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: inFlight }, worker));
  const seconds = (performance.now() - start) / 1000;
  client.destroy();
  return { calls: latenciesUs.length, seconds, latenciesUs };
}

/** The same from h2load, which costs this machine far less than a Node client. */
function loadFromH2load(scratch) {
  const run = promisify(execFile);
  const body = join(scratch, "request");
  const log = join(scratch, "log");
  writeFileSync(body, request);
  return async (port, inFlight, ms) => {
    rmSync(log, { force: true });
    const { stdout } = await run("h2load", [
      ...["-c", "1", "-t", "1", "-m", String(inFlight), "-d", body],
      ...["-D", `${ms}ms`, "--warm-up-time", "0", "--log-file", log],
      ...["-H", "content-type: application/grpc", "-H", "te: trailers"],
      `http://127.0.0.1:${port}${chunkPath}`,
    ]);
    const calls = Number(/(\d+) succeeded/.exec(stdout)?.[1]);
    const failed = Number(/(\d+) failed/.exec(stdout)?.[1]);
    if (!(calls >= 0) || failed > 0) throw new Error(`h2load: ${stdout}`);
    // A line a call: when it began, its status, how long it took in µs.
    const lines = readFileSync(log, "utf8").split("\n").slice(0, -1);
    return { calls, seconds: ms / 1000, latenciesUs: lines.map((line) => Number(line.split("\t")[2])) };
  };
}
