/** A host's calls from a thread of its own, so that what they cost there is not counted here. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";

// JavaScript as text: Node 20 can't load TypeScript into a worker.
const source = `
const { parentPort, workerData } = require("node:worker_threads");
const { connect } = require("node:http2");
const { origin, path, body } = workerData;
const client = connect(origin);
client.on("error", () => {});
const headers = { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" };
function call() {
  return new Promise((resolve) => {
    const stream = client.request(headers);
    let status;
    stream.on("trailers", (trailers) => { status = trailers["grpc-status"]; });
    stream.on("error", () => {});
    stream.on("close", () => resolve(status));
    stream.resume();
    stream.end(body);
  });
}
parentPort.on("message", async (count) => {
  let answered = 0;
  for (let index = 0; index < count; index++) if ((await call()) === "0") answered++;
  parentPort.postMessage(answered);
});
`;

export interface ChunkWorker {
  /** Makes calls, one after the other. @returns how many were answered with status 0. */
  calls(count: number): Promise<number>;
  close(): Promise<unknown>;
}

/** @param body - the request, with its prefix. */
export function startChunkWorker(origin: string, path: string, body: Uint8Array): ChunkWorker {
  const worker = new Worker(source, { eval: true, workerData: { origin, path, body } });
  return {
    async calls(count) {
      const done = once(worker, "message");
      worker.postMessage(count);
      return ((await done) as [number])[0];
    },
    close: () => worker.terminate(),
  };
}
