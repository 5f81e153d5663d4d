/** HTTPS opened in the tunnel, through a host: nothing is lost, nothing stays behind, whatever the peers' pace. */

import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";
import { connect as connectTls, type SecureVersion, type TLSSocket } from "node:tls";
import { CertificateAuthority } from "@faultwire/cert-authority";
import {
  type Origin,
  seededBlocks,
  seededBytes,
  sha256Of,
  startByteOrigin,
} from "@faultwire/testkit/byte-origin";
import { randomChunks, seededRandom } from "@faultwire/testkit/chunkers";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { RunningFaultwire } from "../faultwire-process.ts";
import { openTunnel } from "../tunnel-client.ts";
import { type CarriedBy, type RunningHost, startCarrier } from "./start-host.ts";

const target = "api.anthropic.com";
const mib = 1024 * 1024;

interface Exchange {
  readonly method: "GET" | "POST" | "HEAD";
  readonly path: string;
  readonly body?: Iterable<Uint8Array>;
  readonly bodyBytes?: number;
  /** How long nothing is read after the head has come, in ms. */
  readonly pauseMs?: number;
}

interface Answer {
  readonly status: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly text: string;
}

/** One keep-alive connection through the host. */
class Client {
  readonly #agent: Agent;
  readonly socket: TLSSocket;

  constructor(socket: TLSSocket) {
    this.socket = socket;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1 });
    this.#agent.createConnection = () => {
      // A request on a connection that is gone would wait for ever.
      if (!socket.writable) throw new Error("the connection has ended between two requests");
      return socket;
    };
  }

  async exchange({ method, path, body, bodyBytes, pauseMs = 0 }: Exchange): Promise<Answer> {
    const headers = { host: target, ...(bodyBytes === undefined ? {} : { "content-length": bodyBytes }) };
    const request = httpRequest({ agent: this.#agent, method, path, headers });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      request.once("response", resolve);
      request.once("error", reject);
    });
    const sent = body ? pipeline(Readable.from(body), request) : Promise.resolve(request.end());
    const response = await answered;
    if (pauseMs > 0) {
      response.pause();
      await pause(pauseMs);
    }
    const hash = createHash("sha256");
    let bytes = 0;
    let text = "";
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      hash.update(chunk);
      if (bytes < 10_000) text += chunk.toString("latin1");
    }
    await sent;
    return { status: response.statusCode ?? 0, bytes, sha256: hash.digest("hex"), text };
  }
}

/** How much goes through in the cases that take long. */
export interface OpenedSizes {
  /** What goes up and comes down at once, in MiB. */
  readonly wholeMib: number;
  /** Exchanges in a row on one connection. */
  readonly exchanges: number;
  /** What comes down to a receiver that reads nothing for 1.5 s, in MiB; half of it after a shorter time. */
  readonly unreadMib: number;
}

/** What `npm run interop` does. */
const allOfIt: OpenedSizes = { wholeMib: 16, exchanges: 500, unreadMib: 24 };

/** The cases, through whoever carries them. */
export function openedThrough(carriedBy: CarriedBy, sizes: OpenedSizes = allOfIt): void {
  let authority: CertificateAuthority;
  let origin: Origin;
  let faultwire: RunningFaultwire;
  let host: RunningHost;
  let scratch: string;
  let upstreamCa: string;

  beforeAll(async () => {
    authority = await CertificateAuthority.ephemeral({ targets: [target] });
    scratch = mkdtempSync(join(tmpdir(), "faultwire-opened-"));
    upstreamCa = join(scratch, "upstream.pem");
    writeFileSync(upstreamCa, authority.certificatePem);
    origin = await startByteOrigin({ tls: { SNICallback: authority.sniCallback } });
  });
  afterAll(async () => {
    await origin.close();
    rmSync(scratch, { recursive: true, force: true });
  });
  afterEach(async () => {
    await host.close();
    await faultwire.stop();
  });

  async function run(...flags: readonly string[]): Promise<void> {
    ({ faultwire, host } = await startCarrier(carriedBy, "--upstream-ca", upstreamCa, ...flags));
  }

  async function open(version: SecureVersion): Promise<Client> {
    const socket = await openTunnel(host.proxyUrl, `127.0.0.1:${origin.port}`);
    const ca = readFileSync(faultwire.ready.caCert, "utf8");
    const versions = { minVersion: version, maxVersion: version };
    const tls = connectTls({ socket, servername: target, ca, ALPNProtocols: ["http/1.1"], ...versions });
    await new Promise<void>((resolve, reject) => {
      tls.once("secureConnect", resolve);
      tls.once("error", reject);
    });
    return new Client(tls);
  }

  const upload = (length: number, seed: number): Exchange => ({
    method: "POST",
    path: "/hash",
    body: seededBlocks(length, seed),
    bodyBytes: length,
  });
  const hashed = (length: number, seed: number): string =>
    JSON.stringify({ bytes: length, sha256: sha256Of(seededBlocks(length, seed)) });

  describe.each(["TLSv1.3", "TLSv1.2"] as const)("opened, %s", (version) => {
    it("many MiB go up and come down bit for bit", { timeout: 400_000 }, async () => {
      await run("--error-probability", "0");
      const length = sizes.wholeMib * mib;
      const client = await open(version);
      expect((await client.exchange(upload(length, 1))).text).toBe(hashed(length, 1));
      const { bytes, sha256 } = await client.exchange({ method: "GET", path: `/bytes/${length}?seed=2` });
      expect({ bytes, sha256 }).toEqual({ bytes: length, sha256: sha256Of(seededBlocks(length, 2)) });
      expect(faultwire.stderr()).not.toContain("mismatch");
    });

    it("mixed exchanges in a row on one connection lose no byte, failed ones in between", {
      timeout: 400_000,
    }, async () => {
      await run("--error-probability", "0.3", "--status-code", "429", "--seed", "7");
      const random = seededRandom(5);
      const client = await open(version);
      const count = sizes.exchanges;
      let failed = 0;
      for (let at = 0; at < count; at++) {
        const length = Math.floor(random() ** 3 * 20_000);
        const isUpload = random() < 0.5;
        const answer = await client.exchange(
          isUpload ? upload(length, at) : { method: "GET", path: `/bytes/${length}?seed=${at}` },
        );
        if (answer.status === 429) {
          failed++;
          expect(answer.text).toContain("rate_limit_error");
        } else if (isUpload) expect(answer.text).toBe(hashed(length, at));
        else expect(answer.sha256).toBe(sha256Of(seededBytes(length, at)));
      }
      expect(failed).toBeGreaterThan(count * 0.15);
      expect(failed).toBeLessThan(count * 0.45);
      expect(faultwire.stderr()).not.toMatch(/mismatch|recovered/);
    });

    it("uploads in dribbles arrive whole, twenty at once", { timeout: 120_000 }, async () => {
      await run("--error-probability", "0");
      const exchanges = Array.from({ length: 20 }, async (_, seed) => {
        const random = seededRandom(seed);
        const bytes = seededBytes(60_000, seed);
        const client = await open(version);
        async function* dribbled(): AsyncGenerator<Uint8Array> {
          for (const chunk of randomChunks(bytes, 1, 3000, random)) {
            yield chunk;
            if (random() < 0.5) await pause(random() * 8);
          }
        }
        const request = { method: "POST", path: "/hash", bodyBytes: bytes.length } as const;
        const answer = await client.exchange({
          ...request,
          body: dribbled() as unknown as Iterable<Uint8Array>,
        });
        expect(answer.text).toBe(JSON.stringify({ bytes: bytes.length, sha256: sha256Of(bytes) }));
      });
      await Promise.all(exchanges);
    });
  });

  describe("opened, TLSv1.3", () => {
    it.each([
      { pauseMs: 300, lengthMib: sizes.unreadMib / 2 },
      { pauseMs: 1500, lengthMib: sizes.unreadMib },
    ])(
      "a receiver that reads nothing for $pauseMs ms gets everything afterwards",
      { timeout: 120_000 },
      async ({ pauseMs, lengthMib }) => {
        await run("--error-probability", "0");
        const length = lengthMib * mib;
        const client = await open("TLSv1.3");
        const { bytes, sha256 } = await client.exchange({
          method: "GET",
          path: `/bytes/${length}?seed=3`,
          pauseMs,
        });
        expect({ bytes, sha256 }).toEqual({ bytes: length, sha256: sha256Of(seededBlocks(length, 3)) });
        expect((await client.exchange({ method: "GET", path: "/" })).text).toBe("ok");
      },
    );
  });
}
