/** What is told becomes log lines: levels, names, words. */
import { PassThrough } from "node:stream";
import type { EngineEvent } from "@faultwire/fault-engine";
import type { SessionEvent } from "@faultwire/fault-session";
import { type Logger, pino } from "pino";
import { describe, expect, it } from "vitest";
import { logEngineEvent, logSessionEvent } from "../../src/log-events.ts";

function logged(act: (logger: Logger) => void): Record<string, unknown>[] {
  const lines = new PassThrough();
  act(pino({ level: "trace" }, lines));
  const text = String(lines.read() ?? "");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

describe("what was not read", () => {
  it("is one warning, by the session's event alone", () => {
    const common = { type: "unread", from: "server", reason: "obs-fold" } as const;
    const lines = logged((logger) => {
      logSessionEvent(logger, { host: "api.test", ...common }, { tunnel: "t" });
      logEngineEvent(logger, { atMs: 0, connection: "c", client: "c", host: "api.test", ...common });
    });
    expect(lines).toMatchObject([
      {
        level: 40,
        event: "unread",
        tunnel: "t",
        reason: "obs-fold",
        from: "server",
        msg: "api.test: not read, no rule sees it: a header that is folded over two lines",
      },
    ]);
  });

  it("is told of a connection whose host is not known, too", () => {
    const lines = logged((logger) => {
      const reason = "no-server-name";
      logSessionEvent(logger, { type: "unread", host: undefined, from: "client", reason }, { socket: 1 });
    });
    expect(lines).toMatchObject([{ level: 40, msg: expect.stringContaining("names no host") }]);
  });
});

describe("each event of a session is one line", () => {
  const host = "api.test";
  const client = "curl/8";
  const rows: readonly (readonly [SessionEvent, number, string])[] = [
    [
      { type: "detected", protocol: "tls", host, alpnProtocols: [], target: true, way: "decrypted" },
      20,
      "tls api.test, a target, decrypted",
    ],
    [
      { type: "detected", protocol: "other", host: undefined, alpnProtocols: [], target: false },
      20,
      "other without a name",
    ],
    [
      { type: "opened", host, version: "TLSv1.3", alpnProtocol: "http/1.1" },
      20,
      "HTTPS to api.test is open (TLSv1.3)",
    ],
    [
      { type: "not-opened", host, why: "h2-only" },
      30,
      "HTTPS to api.test stays closed: the client offers no HTTP/1.1",
    ],
    [
      { type: "not-opened", host, why: "unsupported-offer" },
      30,
      "HTTPS to api.test stays closed: the client offers nothing from TLS 1.2 on that can be opened",
    ],
    [
      { type: "not-opened", host, why: "not-permitted" },
      30,
      "HTTPS to api.test stays closed: our CA may not stand for this host",
    ],
    [
      { type: "not-opened", host, why: "asks-for-certificate" },
      30,
      "HTTPS to api.test stays closed: the upstream asks for a client certificate",
    ],
    [
      { type: "not-opened", host, why: "upstream-refuses" },
      30,
      "HTTPS to api.test stays closed: the upstream refuses the handshake that we offer",
    ],
    [
      { type: "not-opened", host, why: "one-side" },
      30,
      "HTTPS to api.test stays closed: one side only is registered",
    ],
    [
      { type: "not-opened", host, why: "upstream-refuses", detail: "its own words" },
      30,
      "HTTPS to api.test stays closed: its own words",
    ],
    [
      { type: "untrusted", host, client, message: "unknown_ca" },
      20,
      "curl/8 does not trust our CA: unknown_ca",
    ],
    [{ type: "silent", host, client }, 20, "a client of api.test has got our certificate and sends nothing"],
    [{ type: "session-failed", host, code: "x", message: "broke" }, 40, "HTTPS to api.test failed: broke"],
    [
      { type: "policy-bug", question: "request", message: "oops" },
      50,
      "an error of ours in the rules (request); what they were asked about passes",
    ],
    [
      { type: "bug", message: "oops" },
      50,
      "an error of ours; the connection goes on unread, or ends where bytes were changed",
    ],
  ];

  it.each(rows)("%j", (event, level, msg) => {
    const { type, ...fields } = event;
    const lines = logged((logger) => logSessionEvent(logger, event, { tunnel: "t" }));
    // What is undefined is not written.
    const written = JSON.parse(JSON.stringify(fields)) as object;
    expect(lines).toMatchObject([{ ...written, level, event: type, tunnel: "t", msg }]);
  });
});

describe("a handshake", () => {
  const handshake = {
    ...{ state: "established", established: "full", versionName: "TLS 1.3", serverName: "api.test" },
    ...{ cipherSuiteName: "TLS_AES_128_GCM_SHA256", alerts: [], violations: [] },
  } as unknown as Extract<SessionEvent, { type: "handshake" }>["handshake"];
  const event = { type: "handshake", clientHello: undefined, handshake } as const;

  it("is one line of its own, with what was negotiated", () => {
    expect(logged((logger) => logSessionEvent(logger, event, { tunnel: "t" }))).toMatchObject([
      {
        ...{ level: 20, event: "handshake", tunnel: "t", state: "established", version: "TLS 1.3" },
        ...{ cipherSuite: "TLS_AES_128_GCM_SHA256", serverName: "api.test", alerts: [] },
        msg: "TLS 1.3 TLS_AES_128_GCM_SHA256 full",
      },
    ]);
  });

  it("costs nothing where nobody reads it: its facts are not even asked for", () => {
    let asked = 0;
    const watched = {
      get versionName() {
        asked++;
        return "TLS 1.3";
      },
    } as unknown as typeof handshake;
    const logger = pino({ level: "info" }, new PassThrough());
    logSessionEvent(logger, { ...event, handshake: watched }, {});
    expect(asked).toBe(0);
  });
});

describe("what a rule did is one line", () => {
  const ofRule = { atMs: 5, request: "r1", connection: "c1", rule: "slow", fault: "http.delay" } as const;
  const fields = { rule: "slow", fault: "http.delay", request: "r1", connection: "c1" };
  const outcome = { type: "outcome", atMs: 5, from: "program", outcome: "error" } as const;
  const rows: readonly (readonly [EngineEvent, object])[] = [
    [
      { type: "done", ...ofRule },
      { level: 30, event: "fault", ...fields, msg: "slow: http.delay on c1" },
    ],
    [
      { type: "done", ...ofRule, instead: "a FIN" },
      {
        level: 30,
        event: "fault",
        ...fields,
        instead: "a FIN",
        msg: "slow: http.delay on c1, instead: a FIN",
      },
    ],
    [
      { type: "undone", ...ofRule, reason: "too late" },
      {
        level: 40,
        event: "fault-skipped",
        ...fields,
        why: "too late",
        msg: "slow: http.delay not carried out: too late",
      },
    ],
    [
      { ...outcome, requestId: "req_1" },
      { level: 30, event: "outcome", msg: "the program says: error of req_1" },
    ],
    [
      { ...outcome, requestId: "req_1", operation: "sum", text: "no luck" },
      { level: 30, msg: "the program says: error of sum: no luck" },
    ],
    [{ ...outcome }, { level: 30, msg: "the program says: error" }],
    [
      { ...outcome, from: "exit", exitStatus: 3 },
      { level: 30, msg: "the program ended with exit status 3" },
    ],
    [
      { ...outcome, from: "exit", exitStatus: null, signal: "SIGKILL" },
      { level: 30, msg: "the program ended with SIGKILL" },
    ],
    [
      { ...outcome, from: "exit" },
      { level: 30, msg: "the program ended with exit status unknown" },
    ],
  ];

  it.each(rows)("%j", (event, line) => {
    const lines = logged((logger) => logEngineEvent(logger, event));
    expect(lines).toMatchObject([line]);
    expect("instead" in lines[0]!).toBe("instead" in line);
  });

  it("that it decided is a line for those who debug; what is told elsewhere is none", () => {
    const decision = { type: "decision", ...ofRule } as unknown as EngineEvent;
    expect(logged((logger) => logEngineEvent(logger, decision))).toMatchObject([
      { level: 20, event: "decided", ...fields, msg: "decided: slow, http.delay" },
    ]);
    for (const type of ["connection", "request", "response", "end"])
      expect(logged((logger) => logEngineEvent(logger, { type } as EngineEvent))).toEqual([]);
  });
});
