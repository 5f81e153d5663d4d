// Servers that answer ProcessTunnelData with the chunk that came; each is started as a process of its own, by its name.
import { once } from "node:events";
import { createServer } from "node:http2";
import { promisify } from "node:util";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  PluginService,
  ProcessTunnelDataRequestSchema,
  ProcessTunnelDataResponseSchema,
  passThroughChunk,
} from "@faultwire/fault-protocol";
import { answerParent } from "./child.mjs";
import { chunkPath, envelope, prefixBytes, request } from "./chunk-call.mjs";
import { untouchedRuntime } from "./plugin.mjs";

const processTunnelData = ({ chunk }) => passThroughChunk(chunk);

const servers = {
  /** `@faultwire/connect-unary` as anybody can use it. */
  async ours() {
    const { takeStreamsFirst, unaryFastPath } = await import("@faultwire/connect-unary");
    const server = await connectServer();
    takeStreamsFirst(server, unaryFastPath({ service: PluginService, methods: { processTunnelData } }));
    return await listen(server);
  },
  /** The whole plugin: tunnels behind it, nothing a target. */
  async plugin() {
    const { startPluginServer } = await import("@faultwire/plugin-server");
    const plugin = await startPluginServer({
      runtime: untouchedRuntime(),
      sides: ["server"],
      port: 0,
    });
    return plugin.endpoints[0].port;
  },
  async connect() {
    return await listen(await connectServer());
  },
  async "grpc-js"() {
    const grpc = await import("@grpc/grpc-js");
    const server = new grpc.Server();
    const definition = {
      processTunnelData: {
        path: chunkPath,
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
  /** `node:http2` with protobuf-es, and nothing that a server needs besides. */
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
        const { chunk } = fromBinary(ProcessTunnelDataRequestSchema, bytes.subarray(prefixBytes));
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
  const routes = (router) => router.service(PluginService, { processTunnelData });
  return createServer(connectNodeAdapter({ routes, acceptCompression: [] }));
}

async function listen(server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server.address().port;
}

answerParent({ port: await servers[process.argv[2]]() });
