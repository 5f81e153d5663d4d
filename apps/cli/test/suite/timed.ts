/** Answers that go out in parts, through a host: each at its time, though the upstream has said everything at once. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { CertificateAuthority } from "@faultwire/cert-authority";
import { type Origin, startByteOrigin } from "@faultwire/testkit/byte-origin";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { RunningFaultwire } from "../faultwire-process.ts";
import { openTunnel } from "../tunnel-client.ts";
import { type CarriedBy, type RunningHost, startCarrier } from "./start-host.ts";

const target = "api.anthropic.com";
const eventMs = 300;
const events = 8;
const rules = `
version: 1
targets: [${target}]
rules:
  - name: reset-in-silence
    match: { path: /events/2 }
    fault: { stream: { cut: { afterEvents: 1, stop: reset } } }
  - name: slow-tokens
    match: { path: /events/* }
    fault: { stream: { pace: { event: ${eventMs}ms } } }
`;

/** The cases, through whoever carries them. */
export function timedThrough(carriedBy: CarriedBy): void {
  const scratch = mkdtempSync(join(tmpdir(), "faultwire-timed-"));
  const config = join(scratch, "rules.yaml");
  const upstreamCa = join(scratch, "upstream.pem");
  let origins: Readonly<Record<"opened" | "plain", Origin>>;
  let faultwire: RunningFaultwire | undefined;
  let host: RunningHost | undefined;

  beforeAll(async () => {
    const authority = await CertificateAuthority.ephemeral({ targets: [target] });
    writeFileSync(config, rules);
    writeFileSync(upstreamCa, authority.certificatePem);
    origins = {
      opened: await startByteOrigin({ tls: { SNICallback: authority.sniCallback } }),
      plain: await startByteOrigin(),
    };
  });
  afterAll(async () => {
    await origins.opened.close();
    await origins.plain.close();
    rmSync(scratch, { recursive: true, force: true });
  });
  afterEach(async () => {
    await host?.close();
    await faultwire?.stop();
  });

  async function open(way: "opened" | "plain"): Promise<Socket> {
    ({ faultwire, host } = await startCarrier(carriedBy, "--config", config, "--upstream-ca", upstreamCa));
    const socket = await openTunnel(host.proxyUrl, `127.0.0.1:${origins[way].port}`);
    if (way === "plain") return socket;
    return connectTls({ socket, servername: target, ca: readFileSync(faultwire.ready.caCert, "utf8") });
  }

  it("a reset comes at its point, though the upstream is silent behind it for an hour (opened)", async () => {
    const socket = await open("opened");
    let received = "";
    const over = new Promise<void>((resolve) => {
      socket.on("data", (chunk: Buffer) => {
        received += chunk.toString("latin1");
      });
      // A FIN without TLS's farewell, or a RST where the client had said more.
      socket.once("error", () => {});
      socket.once("close", () => resolve());
    });
    socket.write(`GET /events/2?gapMs=3600000 HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
    await over;
    expect(received.match(/data: \d+\n\n/g)).toEqual(["data: 0\n\n"]);
  });

  describe.each(["opened", "plain"] as const)("a stream that the upstream says at once (%s)", (way) => {
    it("arrives event by event, on a connection that stays usable", async () => {
      const socket = await open(way);
      for (let request = 0; request < 2; request++) {
        let received = "";
        /** When each event was there, in ms behind the request. */
        const arrivals: number[] = [];
        const startedMs = performance.now();
        const whole = new Promise<void>((resolve, reject) => {
          socket.on("data", (chunk: Buffer) => {
            received += chunk.toString("latin1");
            const count = received.match(/data: \d+\n\n/g)?.length ?? 0;
            const now = performance.now();
            while (arrivals.length < count) arrivals.push(now - startedMs);
            if (received.endsWith("0\r\n\r\n")) resolve();
          });
          socket.once("error", reject);
          socket.once("end", () => reject(new Error(`it ended behind ${JSON.stringify(received)}`)));
        });
        socket.write(`GET /events/${events}?gapMs=0 HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
        socket.resume();
        await whole;
        socket.removeAllListeners();
        expect(arrivals.length).toBe(events);
        // A busy machine is late, never early; and several are not there at once unless it sleeps for seconds.
        for (const [number, ms] of arrivals.entries())
          expect(ms).toBeGreaterThanOrEqual(eventMs * (number + 1) - 1);
        expect(new Set(arrivals).size).toBeGreaterThan(2);
        expect([...received.matchAll(/data: (\d+)/g)].map(([, number]) => Number(number))).toEqual(
          Array.from({ length: events }, (_, number) => number),
        );
      }
      socket.destroy();
    });
  });
}
