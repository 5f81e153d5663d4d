import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { join as joinPath } from "node:path";
import type { EngineEvent } from "@faultwire/fault-engine";
import type { FaultPolicy } from "@faultwire/fault-session";
import { afterAll, describe, expect, it } from "vitest";
import { join } from "./example.ts";

const here = import.meta.dirname;
const servers: Server[] = [];
async function listening(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
afterAll(() => {
  for (const server of servers) server.close();
});

describe("README", () => {
  it("shows the example that runs here", () => {
    const readme = readFileSync(joinPath(here, "../../README.md"), "utf8");
    expect(readme).toContain(readFileSync(joinPath(here, "example.ts"), "utf8"));
  });

  it("answers the first request itself and passes the second one on", async () => {
    const seen: string[] = [];
    const origin = await listening(
      createHttpServer((request, response) => {
        seen.push(request.url ?? "");
        response.end("from the origin");
      }),
    );
    const events: EngineEvent[] = [];
    let asked = 0;
    const policy: FaultPolicy = {
      isTarget: () => true,
      connection: ({ host }) => ({ facts: { connection: "1", client: "me", host }, decision: null }),
      request: () =>
        asked++ > 0
          ? { kind: "none", rule: null }
          : {
              kind: "fault",
              decision: {
                rule: "busy",
                source: "file",
                fault: {
                  kind: "http.error",
                  answer: {
                    preset: "anthropic/overloaded_error",
                    status: null,
                    message: null,
                    body: null,
                    headers: [],
                    retryAfterSeconds: null,
                  },
                  delay: null,
                },
                matchNumber: 1,
                hitNumber: 1,
                random: () => 0,
                marker: "busy",
              },
            },
      record: (event) => events.push(event),
    };
    const port = await listening(
      createServer((socket) => join(socket, connect(origin, "127.0.0.1"), policy)),
    );
    const statuses: number[] = [];
    for (const path of ["/first", "/second"])
      statuses.push((await fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", body: "{}" })).status);
    expect(statuses).toEqual([529, 200]);
    expect(seen).toEqual(["/second"]);
    expect(events.filter(({ type }) => type === "done")).toMatchObject([{ rule: "busy" }]);
  });
});
