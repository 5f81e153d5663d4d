// Calls of ProcessTunnelData with 4 KiB there and back: @faultwire/connect-unary against connect's adapter, grpc-js and
// the floor, which is node:http2 with protobuf-es and nothing else. Each server is a process of its own; the load comes
// from this one, from h2load where that is installed (Debian's nghttp2-client), from a Node client otherwise.
// Rounds are interleaved, medians compared. `node bench/src/unary.mjs [rounds] [ms per measurement]`.
import { execFile, fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:http2";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  PluginService,
  ProcessTunnelDataRequestSchema,
  ProcessTunnelDataResponseSchema,
  passThroughChunk,
  pluginMethodPaths,
} from "@faultwire/fault-protocol";

const CHUNK_BYTES = 4096;
const PREFIX_BYTES = 5;
const path = pluginMethodPaths.processTunnelData;
const IN_FLIGHT = [1, 16, 100];

/** Puts a message behind the five bytes of its prefix. */
function envelope(message) {
  const bytes = Buffer.alloc(PREFIX_BYTES + message.length);
  bytes.writeUInt32BE(message.length, 1);
  bytes.set(message, PREFIX_BYTES);
  return bytes;
}

const request = envelope(
  toBinary(
    ProcessTunnelDataRequestSchema,
    create(ProcessTunnelDataRequestSchema, {
      id: "00000000-0000-4000-8000-000000000000",
      chunk: new Uint8Array(CHUNK_BYTES).fill(7),
    }),
  ),
);
const response = envelope(
  toBinary(ProcessTunnelDataResponseSchema, passThroughChunk(new Uint8Array(CHUNK_BYTES).fill(7))),
);

/** The servers; each listens and gives its port. */
const contenders = {
  async ours() {
    const { takeStreamsFirst, unaryFastPath } = await import("@faultwire/connect-unary");
    const server = await connectServer();
    const processTunnelData = ({ chunk }) => passThroughChunk(chunk);
    takeStreamsFirst(server, unaryFastPath({ service: PluginService, methods: { processTunnelData } }));
    return await listen(server);
  },
  async connect() {
    return await listen(await connectServer());
  },
  async "grpc-js"() {
    const grpc = await import("@grpc/grpc-js");
    const server = new grpc.Server();
    const definition = {
      processTunnelData: {
        path,
        requestStream: false,
        responseStream: false,
        requestDeserialize: (bytes) => fromBinary(ProcessTunnelDataRequestSchema, bytes),
        responseSerialize: (message) => Buffer.from(toBinary(ProcessTunnelDataResponseSchema, message)),
      },
    };
    server.addService(definition, {
      processTunnelData: (call, callback) => callback(null, passThroughChunk(call.request.chunk)),
    });
    return await promisify(server.bindAsync.bind(server))(
      "127.0.0.1:0",
      grpc.ServerCredentials.createInsecure(),
    );
  },
  async floor() {
    const headers = { ":status": 200, "content-type": "application/grpc+proto" };
    const server = createServer();
    server.on("stream", (stream) => {
      const parts = [];
      stream.on("error", () => {});
      stream.on("data", (part) => parts.push(part));
      stream.on("end", () => {
        const bytes = parts.length === 1 ? parts[0] : Buffer.concat(parts);
        // h2load breaks off in mid-request when its time is over.
        if (stream.aborted || stream.destroyed || bytes.length !== request.length) return;
        const { chunk } = fromBinary(ProcessTunnelDataRequestSchema, bytes.subarray(PREFIX_BYTES));
        stream.respond(headers, { waitForTrailers: true });
        stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
        stream.end(envelope(toBinary(ProcessTunnelDataResponseSchema, passThroughChunk(chunk))));
      });
    });
    return await listen(server);
  },
};

async function connectServer() {
  const { connectNodeAdapter } = await import("@connectrpc/connect-node");
  const routes = (router) =>
    router.service(PluginService, { processTunnelData: ({ chunk }) => passThroughChunk(chunk) });
  return createServer(connectNodeAdapter({ routes, acceptCompression: [] }));
}

async function listen(server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server.address().port;
}

/** One server's process; `cpu()` gives the microseconds that it has used. */
async function startContender(name) {
  const child = fork(fileURLToPath(import.meta.url), ["serve", name], { execArgv: [] });
  const [port] = await once(child, "message");
  return {
    name,
    port,
    async cpu() {
      child.send("cpu");
      return (await once(child, "message"))[0];
    },
    stop: () => child.disconnect(),
  };
}

/** Calls in `ms` milliseconds, `inFlight` at a time on one connection, from this process. */
async function loadFromNode(port, inFlight, ms) {
  const client = connect(`http://127.0.0.1:${port}`);
  await once(client, "connect");
  let calls = 0;
  const end = performance.now() + ms;
  const headers = {
    ":method": "POST",
    ":path": path,
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
        if (bytes === response.length && status === "0") resolve();
        else reject(new Error(`a contender gave a wrong answer: ${bytes} bytes, status ${status}`));
      });
      stream.end(request);
    });
  const worker = async () => {
    while (performance.now() < end) {
      await one();
      calls++;
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: inFlight }, worker));
  const seconds = (performance.now() - start) / 1000;
  client.destroy();
  return { calls, seconds };
}

/** The same from h2load, which costs this machine far less than a Node client. */
function loadFromH2load(file) {
  const run = promisify(execFile);
  return async (port, inFlight, ms) => {
    const { stdout } = await run("h2load", [
      ...["-c", "1", "-t", "1", "-m", String(inFlight), "-d", file],
      ...["-D", `${ms}ms`, "--warm-up-time", "0"],
      ...["-H", "content-type: application/grpc", "-H", "te: trailers"],
      `http://127.0.0.1:${port}${path}`,
    ]);
    const calls = Number(/(\d+) succeeded/.exec(stdout)?.[1]);
    const failed = Number(/(\d+) failed/.exec(stdout)?.[1]);
    if (!(calls > 0) || failed > 0) throw new Error(`h2load: ${stdout}`);
    return { calls, seconds: ms / 1000 };
  };
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

async function measure(rounds, ms) {
  const scratch = mkdtempSync(join(tmpdir(), "faultwire-bench-"));
  const file = join(scratch, "request");
  writeFileSync(file, request);
  const hasH2load = spawnSync("h2load", ["--version"]).status === 0;
  const load = hasH2load ? loadFromH2load(file) : loadFromNode;
  const { dependencies } = JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8"));
  const version = (name) => `${name} ${dependencies[name]}`;
  console.log(`node ${process.versions.node}, ${cpus()[0].model}, ${cpus().length} cores`);
  console.log(
    `${version("@connectrpc/connect-node")}, ${version("@grpc/grpc-js")}, load from ${hasH2load ? "h2load" : "Node"}`,
  );
  console.log(
    `${CHUNK_BYTES} bytes there and back on one connection, ${rounds} rounds of ${ms} ms, medians\n`,
  );

  const servers = await Promise.all(Object.keys(contenders).map(startContender));
  // A wrong answer makes a fast server: each is asked once by the client that looks.
  for (const { port } of servers) await loadFromNode(port, 1, 1);
  const results = [];
  for (const inFlight of IN_FLIGHT) {
    const rates = Object.fromEntries(servers.map(({ name }) => [name, []]));
    const cpu = Object.fromEntries(servers.map(({ name }) => [name, []]));
    for (let round = 0; round <= rounds; round++)
      for (const server of servers) {
        const before = await server.cpu();
        const { calls, seconds } = await load(server.port, inFlight, ms);
        const used = (await server.cpu()) - before;
        // The first round warms the compilers up.
        if (round === 0) continue;
        rates[server.name].push(calls / seconds);
        cpu[server.name].push(used / calls);
      }
    console.log(`${inFlight} in flight`);
    for (const { name } of servers) {
      const rate = median(rates[name]);
      const result = {
        inFlight,
        name,
        callsPerSecond: Math.round(rate),
        cpuMicroseconds: Math.round(median(cpu[name])),
        toConnect: Number((rate / median(rates.connect)).toFixed(2)),
        toFloor: Number((rate / median(rates.floor)).toFixed(2)),
      };
      results.push(result);
      console.log(
        `  ${name.padEnd(8)} ${String(result.callsPerSecond).padStart(7)} calls/s ${String(result.cpuMicroseconds).padStart(5)} µs CPU  ` +
          `${result.toConnect.toFixed(2)} × connect  ${result.toFloor.toFixed(2)} × the floor`,
      );
    }
  }
  for (const server of servers) server.stop();
  rmSync(scratch, { recursive: true, force: true });
  return results;
}

const [first = "5", second = "1000"] = process.argv.slice(2);
if (first === "serve") {
  process.send(await contenders[second]());
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    process.send(user + system);
  });
  process.on("disconnect", () => process.exit());
} else await measure(Number(first), Number(second));
