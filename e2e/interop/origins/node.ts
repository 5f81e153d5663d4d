import { once } from "node:events";
import { createReadStream, createWriteStream, readFileSync, statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { StartOrigin } from "./origin.ts";

async function serve(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === "PUT") {
    await pipeline(request, createWriteStream(path));
    response.writeHead(201).end();
  } else {
    response.writeHead(200, { "content-length": statSync(path).size });
    await pipeline(createReadStream(path), response);
  }
}

/** Node's HTTPS server. */
export const node: StartOrigin = async ({ folder, certificateFile, keyFile, versions }) => {
  const server = createServer(
    {
      // 100 MiB take longer than Node's 300 s where the machine does something else besides.
      requestTimeout: 0,
      cert: readFileSync(certificateFile),
      key: readFileSync(keyFile),
      minVersion: `TLSv${versions[0] ?? "1.2"}`,
      maxVersion: `TLSv${versions.at(-1) ?? "1.3"}`,
    },
    (request, response) => {
      serve(join(folder, basename(request.url ?? "")), request, response).catch(() => response.destroy());
    },
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
};
