/** An upstream whose bodies somebody else decides, and which sends them late: none of them becomes a client's answer. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTunnel } from "../tunnel-client.ts";
import { type CarriedBy, type RunningCarrier, startCarrier } from "./start-host.ts";

const target = "api.anthropic.com";
const crafted = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\ncrafted";
const real = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nreal";
/** Later than any wait for a body that might not come, and long before the client's patience is over. */
const lateMs = 150;
const connections = 48;

/** Answers what it is asked for, with a body that a client would take for a whole response; `HEAD`, in error, too. */
function startHostile(): Server {
  return createServer((socket) => {
    let said = "";
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk: Buffer) => {
      said += chunk.toString("latin1");
      for (let end = said.indexOf("\r\n\r\n"); end >= 0; end = said.indexOf("\r\n\r\n")) {
        const isClients = said.startsWith("GET ");
        said = said.slice(end + 4);
        // Its proper answers come later still, so that a body that is on its way comes before the one that is due.
        if (isClients) setTimeout(() => socket.write(real), 2 * lateMs);
        else {
          socket.write(`HTTP/1.1 404 Not Found\r\nContent-Length: ${crafted.length}\r\n\r\n`);
          setTimeout(() => socket.write(crafted), lateMs);
        }
      }
    });
  });
}

/** The cases, through whoever carries them. */
export function craftedBodiesThrough(carriedBy: CarriedBy): void {
  describe("an upstream that sends a crafted body late", () => {
    const folder = mkdtempSync(join(tmpdir(), "faultwire-crafted-"));
    const hostile = startHostile();
    let port = 0;
    let running: RunningCarrier | undefined;
    beforeAll(async () => {
      await new Promise<void>((resolve) => hostile.listen(0, "127.0.0.1", resolve));
      ({ port } = hostile.address() as AddressInfo);
      const rules = join(folder, "faults.yaml");
      const fault = "{ http: { preset: anthropic/overloaded_error } }";
      writeFileSync(rules, `version: 1\nrules:\n  - { name: r, match: { path: /fails }, fault: ${fault} }\n`);
      running = await startCarrier(carriedBy, "--config", rules);
    });
    afterAll(async () => {
      await running?.host.close();
      await running?.faultwire.stop();
      hostile.close();
      rmSync(folder, { recursive: true });
    });

    /** A request that fails by rule, and the next one as soon as its answer is there. @returns all that came. */
    async function talk(): Promise<string> {
      const socket = await openTunnel(running?.host.proxyUrl ?? "", `127.0.0.1:${port}`);
      const ask = (path: string): void => {
        socket.write(`GET ${path} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
      };
      let received = "";
      await new Promise<void>((resolve) => {
        socket.on("data", (chunk: Buffer) => {
          const hadAnswer = isAnswered(received);
          received += chunk.toString("latin1");
          if (!hadAnswer && isAnswered(received)) ask("/next");
          if (/real|crafted/.test(received)) resolve();
        });
        socket.once("end", resolve);
        socket.once("error", () => resolve());
        socket.once("close", () => resolve());
        socket.resume();
        ask("/fails");
      });
      socket.destroy();
      return received;
    }

    it(`answers the next request of none of ${connections} connections with it`, async () => {
      const all = await Promise.all(Array.from({ length: connections }, talk));
      expect(all.filter((text) => text.includes("crafted"))).toEqual([]);
      // What follows the answer of the rule is the upstream's own one; or the end, on a machine that takes seconds for it.
      expect(all.filter((text) => !/^HTTP\/1\.1 529 /.test(text))).toEqual([]);
      expect(all.map((text) => text.slice(text.lastIndexOf("}") + 1).trim()).filter((text) => text)).toEqual(
        all.filter((text) => text.endsWith(real)).map(() => real),
      );
    });
  });
}

/** Whether the answer of the rule has come whole. */
const isAnswered = (text: string): boolean => text.includes('"request_id"') && text.trimEnd().endsWith("}");
