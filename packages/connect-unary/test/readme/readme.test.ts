import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Http2Server } from "node:http2";
import { join } from "node:path";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { expect, it } from "vitest";
import { takeStreamsFirst, unaryFastPath } from "../../src/index.ts";
import { EchoService } from "../support/echo-service.ts";
import { call, enveloped, paths, RawServer, textOf } from "../support/raw-client.ts";

// Between the marks: the README's example, word for word.
function example(): Http2Server {
  // <example>
  const server = createServer(
    connectNodeAdapter({
      routes: (router) => router.service(EchoService, { other: (request) => request }),
    }),
  );
  const takes = unaryFastPath({
    service: EchoService,
    methods: {
      echo: (request) => request,
      answer: (request, call) => {
        const timer = setTimeout(() => call.respond(request), 10);
        call.onCancelled(() => clearTimeout(timer));
        return undefined;
      },
    },
    maxMessageBytes: 65_536,
  });
  takeStreamsFirst(server, takes);
  server.listen(0, "127.0.0.1");
  // </example>
  return server;
}

it("the README's example runs, on both ways", async () => {
  const server = example();
  await once(server, "listening");
  const raw = RawServer.around(server);
  const client = await raw.client();
  for (const path of Object.values(paths))
    expect(textOf(await call(client, path, enveloped(path)))).toBe(path);
  await raw.close();

  const plain = (text: string): string => text.replaceAll(/\s+/g, " ");
  const readme = plain(readFileSync(join(import.meta.dirname, "../../README.md"), "utf8"));
  const source = readFileSync(import.meta.filename, "utf8");
  const code = source.slice(source.indexOf("<example>") + 9, source.indexOf("// </example>"));
  expect(readme).toContain(plain(code).trim());
});
