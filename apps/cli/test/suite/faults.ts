/** Faults as a client meets them, through a host: prompt, for targets alone, the same for the same seed. */
import { CertificateAuthority } from "@faultwire/cert-authority";
import { FaultEngine, singleRuleSet } from "@faultwire/fault-engine";
import { type Origin, startByteOrigin } from "@faultwire/testkit/byte-origin";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { RunningFaultwire } from "../faultwire-process.ts";
import { attemptTls, openTunnel, type TlsOutcome } from "../tunnel-client.ts";
import { type CarriedBy, type RunningHost, startCarrier } from "./start-host.ts";

const target = "api.anthropic.com";
const bystander = "other.example.com";
/** Far below the ten minutes that a hanging client would wait, far above a slow machine's second. */
const promptMs = 5000;

/**
 * The cases, through whoever carries them. `connections` is how many are compared with what the engine decides, with
 * each of two seeds: two sequences of 20 that are not the engine's are taken for them once in three billion times.
 */
export function faultsThrough(carriedBy: CarriedBy, connections: number = 20): void {
  let authority: CertificateAuthority;
  let origin: Origin;
  let plain: Origin;
  let faultwire: RunningFaultwire | undefined;
  let host: RunningHost | undefined;

  beforeAll(async () => {
    authority = await CertificateAuthority.ephemeral({ targets: [target, bystander] });
    origin = await startByteOrigin({ tls: { SNICallback: authority.sniCallback } });
    plain = await startByteOrigin();
  });
  afterAll(async () => {
    await origin.close();
    await plain.close();
  });
  afterEach(async () => {
    await host?.close();
    await faultwire?.stop();
  });

  async function run(...flags: readonly string[]): Promise<void> {
    ({ faultwire, host } = await startCarrier(carriedBy, "--error-probability", "1", ...flags));
  }
  /** With HTTPS that stays closed. */
  const runClosed = (...flags: readonly string[]): Promise<void> =>
    run("--intercept", "connection", ...flags);

  const versions = ["TLSv1.2", "TLSv1.3"] as const;
  const attempt = (servername: string, version: (typeof versions)[number]): Promise<TlsOutcome> =>
    attemptTls(host?.proxyUrl ?? "", `127.0.0.1:${origin.port}`, {
      servername,
      version,
      ca: authority.certificatePem,
    });

  /** Sends bytes through a tunnel in clear and collects what comes until the end, or until enough is there. */
  async function talk(request: string, enough: (received: string) => boolean = () => false): Promise<string> {
    const socket = await openTunnel(host?.proxyUrl ?? "", `127.0.0.1:${plain.port}`);
    let received = "";
    socket.write(request);
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Error(`nothing more after ${JSON.stringify(received)}`)),
        promptMs,
      );
      const done = (): void => {
        clearTimeout(late);
        resolve();
      };
      socket.on("data", (chunk: Buffer) => {
        received += chunk.toString("latin1");
        if (enough(received)) done();
      });
      socket.once("end", done);
      socket.once("error", done);
      socket.resume();
    });
    socket.destroy();
    return received;
  }

  // Our proxy has no sides.
  const sides = carriedBy === "proxy" ? (["both"] as const) : (["both", "server", "client"] as const);
  describe.each(sides)("registered on: %s", (side) => {
    const sideFlags = carriedBy === "proxy" ? [] : ["--side", side];
    describe.each(["client-hello", "server-hello", "established", "application-data"] as const)(
      "close at %s",
      (closeAt) => {
        it("ends a target's connection promptly and leaves another host's alone", async () => {
          await runClosed(...sideFlags, "--close-at", closeAt);
          for (const version of versions) {
            const requestsBefore = origin.connections.reduce(
              (sum, { receivedBytes }) => sum + receivedBytes,
              0,
            );
            const failed = await attempt(target, version);
            expect(failed.received).toBe("");
            expect(failed.ms).toBeLessThan(promptMs);
            if (closeAt === "client-hello") expect(failed.secured).toBe(false);
            if (closeAt === "server-hello" && side !== "client") expect(failed.secured).toBe(false);
            if (closeAt === "established" || closeAt === "application-data")
              expect(failed.secured).toBe(true);
            // What fails costs nobody money: the upstream has not seen a byte of the request.
            expect(origin.connections.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0)).toBe(
              requestsBefore,
            );

            const whole = await attempt(bystander, version);
            expect(whole).toMatchObject({ secured: true, errorCode: undefined });
            expect(whole.received).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*hi/);
          }
        });
      },
    );

    it("answers plain HTTP with the provider's error, and other hosts go untouched", async () => {
      await run(...sideFlags, "--status-code", "529", "--headers", "retry-after: 7");
      const seen = plain.connections.length;
      const request = (name: string): string =>
        `POST /echo HTTP/1.1\r\nHost: ${name}\r\nContent-Length: 6\r\n\r\nsecret`;
      const failed = await talk(request(target), (text) => text.includes('"request_id"'));
      expect(failed).toMatch(/^HTTP\/1\.1 529 Overloaded\r\n/);
      expect(failed).toContain("\r\nretry-after: 7\r\n");
      expect(failed).toContain("\r\nx-faultwire: flags\r\n");
      expect(JSON.parse(failed.slice(failed.indexOf("\r\n\r\n")))).toMatchObject({
        error: { type: "overloaded_error" },
      });
      const upstream = plain.connections.slice(seen).map(({ received }) => Buffer.from(received).toString());
      // A host has to be given a moment to answer in.
      if (carriedBy === "proxy") expect(upstream.join("")).toBe("");
      else expect(upstream.join("")).toMatch(/^OPTIONS \/ HTTP\/1\.1\r\n/);
      expect(upstream.join("")).not.toContain("secret");

      expect(await talk(request(bystander), (text) => text.includes("secret"))).toMatch(/^HTTP\/1\.1 200 OK/);
    });
  });

  describe("registered on both sides", () => {
    it("fails request after request on one plain connection", async () => {
      await run("--status-code", "500");
      const one = `GET /bytes/3 HTTP/1.1\r\nHost: ${target}\r\n\r\n`;
      const count = (text: string): number => text.match(/HTTP\/1\.1 500 /g)?.length ?? 0;
      const answers = await talk(one + one + one, (text) => count(text) === 3 && text.endsWith("}"));
      expect(count(answers)).toBe(3);
    });
  });

  describe("a share of connections", () => {
    /** What the engine decides for the first connections with this seed; its own tests hold that its draws are even. */
    function decided(seed: string): string {
      const engine = new FaultEngine({ startedAtMs: 0 });
      engine.setRules("flags", singleRuleSet({ targetHosts: [target], errorProbability: 0.3, seed }));
      const decide = (number: number): string =>
        engine.decideConnection({ connection: `c#${number}`, host: target, way: "opaque" }, 0) ? "x" : ".";
      return Array.from({ length: connections }, (_, number) => decide(number)).join("");
    }

    it.each(["42", "44"])(
      `fails those of ${connections} connections that the engine decides on for seed %s`,
      { timeout: 600_000 },
      async (seed) => {
        await runClosed("--error-probability", "0.3", "--seed", seed);
        let outcomes = "";
        for (let number = 0; number < connections; number++) {
          // One after the other: the n-th decision is for the n-th ClientHello.
          const { received } = await attempt(target, "TLSv1.3");
          outcomes += received === "" ? "x" : ".";
        }
        expect(outcomes).toBe(decided(seed));
        expect(outcomes).toMatch(/x.*\..*x/);
      },
    );

    it("is another one for another seed", () => {
      expect(decided("42")).not.toBe(decided("44"));
    });
  });
}
