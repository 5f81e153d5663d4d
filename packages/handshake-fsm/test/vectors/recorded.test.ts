// Whole handshakes between Node's client and server over loopback sockets, recorded by a relay in between.
import { constants } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Server, TLSSocket } from "node:tls";
import { chunksOf, splitsOf } from "@faultwire/testkit/chunkers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { follow, path } from "../support/observe.ts";
import {
  openServer,
  pingPong,
  record,
  recordCurl,
  type Sent,
  selfSigned,
} from "../support/recorded-handshake.ts";

const tls12Full = [
  "wait-server-hello",
  "wait-server-certificate",
  "wait-server-key-exchange",
  "wait-server-hello-done",
  "wait-client-key-exchange",
  "wait-client-change-cipher-spec",
  "wait-client-finished",
  "wait-server-change-cipher-spec",
  "wait-server-finished",
  "connected",
];
const tls12Resumed = [
  "wait-server-hello",
  "wait-server-change-cipher-spec",
  "wait-server-finished",
  "wait-client-change-cipher-spec",
  "wait-client-finished",
  "connected",
];
const tls13Full = ["wait-server-hello", "wait-encrypted-extensions", "wait-flight-2", "connected"];

let identity: { key: string; cert: string };
let visitor: { key: string; cert: string };
/** A file with a certificate that has nothing to do with the server's. */
let stranger: string;
const folder = mkdtempSync(join(tmpdir(), "faultwire-fsm-"));
const servers: Server[] = [];

async function serverWith(...[options, prepare]: Parameters<typeof openServer>): Promise<Server> {
  const server = await openServer({ ...identity, ALPNProtocols: ["http/1.1"], ...options }, prepare);
  servers.push(server);
  return server;
}

/** One handshake and a ping, whole, byte by byte and in parts: the summary of all of them, and what went by. */
function summaryOf(recording: readonly Sent[]) {
  const whole = follow(recording);
  for (const size of [1, 2, 7, 64]) {
    const cut = follow(recording, (chunk) => chunksOf(chunk, size));
    expect(plain(cut.events)).toEqual(plain(whole.events));
    expect(cut.tracker.summary()).toEqual(whole.tracker.summary());
  }
  return { ...whole.tracker.summary(), path: path(whole.events), events: whole.events };
}

/** Events without the hellos, whose views depend on the cut. */
function plain(events: ReturnType<typeof follow>["events"]): unknown[] {
  return events.map((event) => ("hello" in event ? event.kind : event));
}

const options = { servername: "origin.test", rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] };

beforeAll(() => {
  identity = selfSigned("origin.test");
  visitor = selfSigned("visitor.test");
  stranger = join(folder, "stranger.pem");
  writeFileSync(stranger, visitor.cert);
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
});

describe("TLS 1.2, recorded", () => {
  const version = { minVersion: "TLSv1.2", maxVersion: "TLSv1.2" } as const;

  it("goes message by message through a full handshake", async () => {
    const server = await serverWith(version);
    const summary = summaryOf(await record(server, options, pingPong));
    expect(summary.path).toEqual([...tls12Full, "closed"]);
    expect(summary).toMatchObject({
      established: "observed",
      versionName: "TLS 1.2",
      serverName: "origin.test",
      alpnOffered: ["http/1.1"],
      alpn: "http/1.1",
      resumedBy: undefined,
      clientCertificate: "unrequested",
      history: expect.stringMatching(/^CsxknGIti/) as string,
      violations: [],
    });
    expect(summary.cipherSuiteName).toMatch(/^TLS_ECDHE_ECDSA_/);
  });

  it("is told the same at every cut of the first flights", async () => {
    const server = await serverWith(version);
    const recording = await record(server, options, pingPong);
    const whole = plain(follow(recording).events);
    for (const index of [0, 1]) {
      for (const parts of splitsOf(recording[index]!.chunk)) {
        const cut = recording.flatMap((sent, at) =>
          at === index ? parts.map((chunk) => ({ by: sent.by, chunk })) : [sent],
        );
        expect(plain(follow(cut).events)).toEqual(whole);
      }
    }
  });

  it("tells a session resumed by ticket", async () => {
    const server = await serverWith(version);
    const session = await sessionOf(server, options);
    const summary = summaryOf(await record(server, { ...options, session }, pingPong));
    expect(summary.path).toEqual([...tls12Resumed, "closed"]);
    expect(summary).toMatchObject({ established: "observed", resumedBy: "ticket", violations: [] });
  });

  it("tells a session resumed by its id", async () => {
    const sessions = new Map<string, Uint8Array>();
    const server = await serverWith({ ...version, secureOptions: constants.SSL_OP_NO_TICKET }, (server) => {
      server.on("newSession", (id: Uint8Array, data: Uint8Array, done: () => void) => {
        sessions.set(id.join(), data);
        done();
      });
      server.on("resumeSession", (id: Uint8Array, done: (error: null, data: Uint8Array | null) => void) => {
        done(null, sessions.get(id.join()) ?? null);
      });
    });
    const session = await sessionOf(server, options);
    const summary = summaryOf(await record(server, { ...options, session }, pingPong));
    expect(summary.path).toEqual([...tls12Resumed, "closed"]);
    expect(summary).toMatchObject({ resumedBy: "session-id", history: "CsiI", violations: [] });
  });

  it("follows a client certificate to its proof", async () => {
    const server = await serverWith({ ...version, requestCert: true, rejectUnauthorized: false });
    const withOne = summaryOf(await record(server, { ...options, ...visitor }, pingPong));
    expect(withOne).toMatchObject({ established: "observed", clientCertificate: "proved", violations: [] });
    expect(withOne.history).toMatch(/^CsxkrnXGYIti/);
    const without = summaryOf(await record(server, options, pingPong));
    expect(without).toMatchObject({ established: "observed", clientCertificate: "empty", violations: [] });
  });

  it("reads the alert of a client that refuses the certificate", async () => {
    const server = await serverWith(version);
    const summary = summaryOf(await recordCurl(server, stranger));
    expect(summary.path).toEqual([
      ...tls12Full.slice(0, tls12Full.indexOf("wait-server-hello-done") + 2),
      "failed",
      "closed",
    ]);
    expect(summary.alerts).toEqual([{ by: "client", level: 2, description: 48, name: "unknown_ca" }]);
    expect(summary).toMatchObject({ established: undefined, violations: [] });
  });

  it("reads the alert of a server that finds no common suite", async () => {
    const server = await serverWith({ ...version, ciphers: "ECDHE-ECDSA-AES256-GCM-SHA384" });
    const summary = summaryOf(
      await record(server, { ...options, ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" }, pingPong),
    );
    expect(summary.path).toEqual(["wait-server-hello", "failed", "closed"]);
    expect(summary.alerts).toEqual([{ by: "server", level: 2, description: 40, name: "handshake_failure" }]);
    expect(summary.established).toBeUndefined();
    expect(summary.events.at(-1)).toMatchObject({ kind: "closed", during: "failed", truncated: [] });
  });

  it("counts a renegotiation", async () => {
    const server = await serverWith({ ...version, ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" });
    const summary = summaryOf(
      await record(server, options, async (client) => {
        await pingPong(client);
        await new Promise<void>((resolve, reject) => {
          client.renegotiate({}, (error) => (error === null ? resolve() : reject(error)));
        });
      }),
    );
    expect(summary.path).toEqual([...tls12Full, "renegotiating", "connected", "closed"]);
    expect(summary).toMatchObject({ renegotiations: 1, violations: [] });
  });
});

describe.each(["TLSv1", "TLSv1.1"] as const)("%s, recorded", (name) => {
  it("goes through the same states as TLS 1.2", async () => {
    const version = { minVersion: name, maxVersion: name, ciphers: "DEFAULT@SECLEVEL=0" } as const;
    const server = await serverWith(version);
    const summary = summaryOf(await record(server, { ...options, ...version }, pingPong));
    expect(summary.path).toEqual([...tls12Full, "closed"]);
    expect(summary.versionName).toBe(name === "TLSv1" ? "TLS 1.0" : "TLS 1.1");
    expect(summary.violations).toEqual([]);
  });
});

describe("TLS 1.3, recorded", () => {
  it("infers the end of a full handshake", async () => {
    const server = await serverWith({});
    // Which group two peers prefer depends on their OpenSSL: this client leaves them one.
    const summary = summaryOf(await record(server, { ...options, ecdhCurve: "X25519" }, pingPong));
    expect(summary.path).toEqual([...tls13Full, "closed"]);
    expect(summary).toMatchObject({
      established: "inferred",
      versionName: "TLS 1.3",
      resumedBy: undefined,
      alpn: undefined,
      clientCertificate: "unrequested",
      history: "CsiI",
      violations: [],
    });
    expect(summary.group).toBe(29);
  });

  it("tells a resumed session by the key that the server selects", async () => {
    const server = await serverWith({});
    const session = await sessionOf(server, options);
    const summary = summaryOf(await record(server, { ...options, session }, pingPong));
    expect(summary.path).toEqual([...tls13Full, "closed"]);
    expect(summary).toMatchObject({ established: "inferred", resumedBy: "psk", violations: [] });
  });

  it("takes the detour of a HelloRetryRequest", async () => {
    const server = await serverWith({ ecdhCurve: "P-384" });
    const summary = summaryOf(await record(server, { ...options, ecdhCurve: "X25519:P-384" }, pingPong));
    expect(summary.path).toEqual(["wait-server-hello", "wait-second-client-hello", ...tls13Full, "closed"]);
    expect(summary).toMatchObject({ retried: true, group: 24, violations: [] });
    expect(summary.history).toMatch(/^CjiI?C/);
    expect(summary.events.filter(({ kind }) => kind === "clientHello")).toMatchObject([
      { isSecond: false },
      { isSecond: true },
    ]);
  });

  it("infers a client certificate from a flight that is longer than a Finished", async () => {
    const server = await serverWith({ requestCert: true, rejectUnauthorized: false });
    const summary = summaryOf(await record(server, { ...options, ...visitor }, pingPong));
    expect(summary.path).toEqual([...tls13Full.slice(0, -1), "wait-finished", "connected", "closed"]);
    expect(summary).toMatchObject({ clientCertificate: "inferred", violations: [] });
  });

  it("reads the alert of a client that refuses the certificate, where it is not encrypted", async () => {
    // OpenSSL takes up its keys with its Finished, and until then it sends alerts that everybody can read.
    const server = await serverWith({});
    const summary = summaryOf(await recordCurl(server, stranger));
    expect(summary.path).toEqual([...tls13Full.slice(0, -1), "failed", "closed"]);
    expect(summary.alerts).toEqual([{ by: "client", level: 2, description: 48, name: "unknown_ca" }]);
    expect(summary).toMatchObject({ established: undefined, violations: [] });
  });

  it("reads the alert of a server that does not speak it", async () => {
    const server = await serverWith({ maxVersion: "TLSv1.2" });
    const summary = summaryOf(await record(server, { ...options, minVersion: "TLSv1.3" }, pingPong));
    expect(summary.path).toEqual(["wait-server-hello", "failed", "closed"]);
    expect(summary.alerts).toMatchObject([{ by: "server", name: "protocol_version" }]);
  });
});

/** A session to resume. In TLS 1.3 its ticket comes after the handshake, but before the answer. */
async function sessionOf(server: Server, options: Parameters<typeof record>[1]): Promise<Buffer> {
  const sessions: ReturnType<TLSSocket["getSession"]>[] = [];
  await record(server, options, async (client) => {
    await pingPong(client);
    sessions.push(client.getSession());
  });
  expect(sessions).toEqual([expect.anything()]);
  return sessions[0]!;
}
