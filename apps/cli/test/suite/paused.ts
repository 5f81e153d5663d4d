/**
 * A receiver that pauses: it takes some bytes, waits until every buffer on the way is full, and takes the rest. A carrier
 * that forgets the rest of a write which a socket took in part stops here for good.
 */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { connect as connectTls, type SecureVersion } from "node:tls";
import { CertificateAuthority } from "@faultwire/cert-authority";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTunnel } from "../tunnel-client.ts";
import { type CarriedBy, type RunningHost, startCarrier } from "./start-host.ts";

const target = "api.anthropic.com";
const mib = 1024 * 1024;
const limitedPath = "/limited";
const block = Buffer.alloc(65_536, 7);

/** How HTTPS is carried; `none` has no plugin at all. */
export type PausedWay = "none" | "opaque" | "opened";

/** How much and how long. */
export interface PausedSizes {
  readonly totalMib: number;
  readonly firstMib: number;
  readonly pauseMs: number;
  /** Transfers of a case, at once. */
  readonly transfers: number;
  /** What comes down to a curl that takes 2 MB a second; 0 where that is left out. */
  readonly limitedMib: number;
  /** A transfer without a byte for so long has stalled; generous, for a busy machine. In ms. */
  readonly stalledMs: number;
}

/** Where a paused transfer stood at the end. */
interface Transfer {
  readonly bytes: number;
  readonly stalled: boolean;
}

/** Reads what comes, with a pause behind the first bytes. */
async function takePaused(message: IncomingMessage, sizes: PausedSizes): Promise<Transfer> {
  let bytes = 0;
  let hasPaused = false;
  return new Promise((resolve) => {
    let patience: NodeJS.Timeout | undefined;
    const waitOn = (): void => {
      clearTimeout(patience);
      patience = setTimeout(() => resolve({ bytes, stalled: true }), sizes.stalledMs);
    };
    waitOn();
    message.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      waitOn();
      if (hasPaused || bytes < sizes.firstMib * mib) return;
      hasPaused = true;
      clearTimeout(patience);
      message.pause();
      void pause(sizes.pauseMs).then(() => {
        waitOn();
        message.resume();
      });
    });
    const over = (): void => {
      clearTimeout(patience);
      resolve({ bytes, stalled: false });
    };
    message.on("end", over);
    message.on("error", over);
    message.on("close", over);
  });
}

/** Writes so many bytes as fast as they are taken, and does not mind an end. */
async function fill(sink: Writable, bytes: number): Promise<void> {
  for (let left = bytes; left > 0 && !sink.destroyed; left -= block.length) {
    if (sink.write(block.subarray(0, Math.min(left, block.length)))) continue;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        sink.off("drain", go);
        sink.off("close", go);
        resolve();
      };
      sink.on("drain", go);
      sink.on("close", go);
    });
  }
  sink.end();
}

/** The cases, through whoever carries them. */
export function pausedThrough(carriedBy: CarriedBy, ways: readonly PausedWay[], sizes: PausedSizes): void {
  const totalBytes = sizes.totalMib * mib;
  const limitedBytes = sizes.limitedMib * mib;
  let authority: CertificateAuthority;
  let origin: Server;
  let scratch: string;
  /** Who waits for an upload, by its path. */
  const arrived = new Map<string, (transfer: Promise<Transfer>) => void>();

  beforeAll(async () => {
    authority = await CertificateAuthority.ephemeral({ targets: [target] });
    scratch = mkdtempSync(join(tmpdir(), "faultwire-paused-"));
    writeFileSync(join(scratch, "upstream.pem"), authority.certificatePem);
    origin = createServer({ SNICallback: authority.sniCallback, requestTimeout: 0 }, (incoming, outgoing) => {
      outgoing.on("error", () => {});
      if (incoming.method === "GET") {
        const bytes = incoming.url === limitedPath ? limitedBytes : totalBytes;
        outgoing.writeHead(200, { "content-length": bytes });
        void fill(outgoing, bytes);
        return;
      }
      const taken = takePaused(incoming, sizes);
      arrived.get(incoming.url ?? "")?.(taken);
      void taken.then(({ bytes }) => outgoing.end(String(bytes)));
    });
    origin.on("clientError", (_, socket) => socket.destroy());
    await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
  });
  afterAll(async () => {
    origin.closeAllConnections();
    await new Promise((resolve) => origin.close(resolve));
    rmSync(scratch, { recursive: true, force: true });
  });

  async function transfer(
    { proxyUrl, ca }: Pick<Carried, "proxyUrl" | "ca">,
    version: SecureVersion,
    direction: "down" | "up",
    path: string,
  ): Promise<Transfer> {
    const raw = await openTunnel(proxyUrl, `127.0.0.1:${(origin.address() as AddressInfo).port}`);
    const socket = connectTls({
      socket: raw,
      servername: target,
      ca,
      minVersion: version,
      maxVersion: version,
    });
    socket.on("error", () => {});
    const agent = new Agent({ keepAlive: true });
    agent.createConnection = () => socket;
    const headers = { host: target, ...(direction === "up" && { "content-length": totalBytes }) };
    const request = httpRequest({ agent, path, headers, method: direction === "up" ? "POST" : "GET" });
    try {
      if (direction === "down") {
        request.end();
        const response = await new Promise<IncomingMessage>((resolve, reject) => {
          request.once("response", resolve);
          request.once("error", reject);
        });
        return await takePaused(response, sizes);
      }
      request.on("error", () => {});
      const taken = new Promise<Transfer>((resolve) => arrived.set(path, resolve));
      void fill(request, totalBytes);
      return await taken;
    } finally {
      request.destroy();
      raw.destroy();
    }
  }

  /** Who carries a way, and the authority that its client believes. */
  interface Carried {
    readonly proxyUrl: string;
    readonly ca: string;
    close(): Promise<unknown>;
  }

  async function start(way: PausedWay): Promise<Carried> {
    const ca = authority.certificatePem;
    if (way === "none" && carriedBy !== "proxy") {
      const host: RunningHost = await carriedBy([]);
      return { proxyUrl: host.proxyUrl, ca, close: () => host.close() };
    }
    const flags =
      way === "opened" ? ["--upstream-ca", join(scratch, "upstream.pem")] : ["--intercept", "connection"];
    const { faultwire, host } = await startCarrier(carriedBy, "--error-probability", "0", ...flags);
    return {
      proxyUrl: host.proxyUrl,
      ca: way === "opened" ? readFileSync(faultwire.ready.caCert, "utf8") : ca,
      async close() {
        await host.close();
        await faultwire.stop();
      },
    };
  }

  /** What a curl that takes so many bytes a second got, and how it ended. */
  function limitedCurl(carried: Carried, version: SecureVersion): Promise<{ status: number; bytes: number }> {
    const caFile = join(scratch, `${randomUUID()}.pem`);
    writeFileSync(caFile, carried.ca);
    const tls = version === "TLSv1.2" ? ["--tlsv1.2", "--tls-max", "1.2"] : ["--tlsv1.3"];
    const args = [
      ...["-sS", "--http1.1", "-x", carried.proxyUrl, "--cacert", caFile, ...tls],
      ...["--limit-rate", "2M", "--max-time", "120", "-o", "/dev/null", "-w", "%{size_download}"],
      ...["--connect-to", `${target}:443:127.0.0.1:${(origin.address() as AddressInfo).port}`],
      `https://${target}${limitedPath}`,
    ];
    return new Promise((resolve) => {
      execFile("curl", args, { env: { PATH: process.env["PATH"] } }, (error, stdout) =>
        resolve({ status: error ? Number(error.code) : 0, bytes: Number(stdout) }),
      );
    });
  }

  for (const way of ways)
    for (const version of ["TLSv1.2", "TLSv1.3"] as const)
      describe(`a receiver that pauses, ${way === "none" ? "without a plugin" : `HTTPS ${way}`}, ${version}`, () => {
        const timeout = sizes.pauseMs + 2 * sizes.stalledMs + 240_000;

        it.each(["down", "up"] as const)("%s: every transfer ends, whole", { timeout }, async (direction) => {
          const carried = await start(way);
          try {
            const transfers = await Promise.all(
              Array.from({ length: sizes.transfers }, (_, at) =>
                transfer(carried, version, direction, `/${way}/${version}/${direction}/${at}`),
              ),
            );
            expect(transfers).toEqual(transfers.map(() => ({ bytes: totalBytes, stalled: false })));
          } finally {
            await carried.close();
          }
        });

        it.skipIf(sizes.limitedMib === 0)(
          `curl --limit-rate: ${sizes.limitedMib} MiB come down whole`,
          { timeout },
          async () => {
            const carried = await start(way);
            try {
              expect(await limitedCurl(carried, version)).toEqual({ status: 0, bytes: limitedBytes });
            } finally {
              await carried.close();
            }
          },
        );
      });
}
