import { describe, expect, it } from "vitest";
import type { HandshakeEvent } from "../../src/index.ts";
import { tls13RecordSizes } from "../../src/machine/tls13-record-size.ts";
import { follow, path, trackerAt } from "../support/observe.ts";
import type { Sent } from "../support/recorded-handshake.ts";
import {
  alert,
  applicationData,
  certificate,
  certificateRequest,
  changeCipherSpec,
  clientFlight,
  clientHello,
  hello,
  helloRetryRequest,
  message,
  modernHello,
  newSessionTicket,
  protectedAlert,
  protectedHandshake,
  raw,
  recordOf,
  say,
  serverFinish,
  serverFlight,
  serverHello,
  serverHelloDone,
  serverKeyExchange,
  tls12,
  tls13,
  tls13ServerHello,
  zeroRtt,
} from "../support/wire.ts";

const kinds = (events: readonly HandshakeEvent[]): string[] => events.map(({ kind }) => kind);
const summaryOf = (recording: readonly Sent[]) => follow(recording).tracker.summary();

describe("what is kept", () => {
  it("is nothing of a message that a ChangeCipherSpec cuts off", () => {
    const { tracker } = trackerAt();
    const cutOff = raw("client", 22, Uint8Array.of(20, 0, 0, 12, 1, 2));
    const push = ({ by, chunk }: Sent): number => [...tracker.push(by, chunk)].length;
    for (const sent of [...hello, ...serverFlight, cutOff]) push(sent);
    expect(tracker.pendingBytes).toBe(6);
    push(changeCipherSpec("client"));
    expect(tracker.pendingBytes).toBe(0);
  });
});

describe("events", () => {
  it("come in the order in which things happened", () => {
    expect(kinds(follow(tls13).events)).toEqual([
      "clientHello",
      "state",
      "serverHello",
      "state",
      "state",
      "state",
      "established",
      "state",
      "closed",
    ]);
  });

  it("are the same whether records or bytes are given", () => {
    const { tracker } = trackerAt();
    const events = tls12.flatMap((sent) => [...tracker.feed(sent.by, recordOf(sent))]);
    const plain = (list: readonly HandshakeEvent[]): unknown[] =>
      list.map((event) => ("hello" in event ? event.kind : event));
    expect(plain([...events, ...tracker.end()])).toEqual(plain(follow(tls12).events));
  });

  it("carry the hellos", () => {
    const hellos = follow(tls13).events.flatMap((event) => ("hello" in event ? [event.hello.kind] : []));
    expect(hellos).toEqual(["clientHello", "serverHello"]);
  });

  it("end when both sides have", () => {
    const { tracker } = trackerAt();
    expect(tracker.end("client")).toEqual([]);
    expect(kinds(tracker.end("server"))).toEqual(["state", "closed"]);
    expect(tracker.end()).toEqual([]);
    expect(tracker.state).toEqual({ name: "closed", during: "start" });
    const other = trackerAt().tracker;
    expect(other.end("server")).toEqual([]);
    expect(kinds(other.end("client"))).toEqual(["state", "closed"]);
  });

  it("tell an end in the middle of a record", () => {
    const { tracker } = trackerAt();
    tracker.push("client", hello[0]!.chunk);
    tracker.push("server", Uint8Array.of(22, 3, 3, 0, 90, 2));
    expect(tracker.end().at(-1)).toMatchObject({
      kind: "closed",
      during: "wait-server-hello",
      truncated: ["server"],
    });
  });
});

describe("a last record", () => {
  const endedWithAlert = (...recording: readonly Sent[]): unknown => {
    const { events, tracker } = follow(recording);
    const closed = events.at(-1);
    const told = closed?.kind === "closed" ? closed.endedWithAlert : undefined;
    expect(tracker.summary().endedWithAlert).toEqual(told);
    return told;
  };

  it("is told to be an alert where it is one, or must be taken for one", () => {
    expect(endedWithAlert(...tls12)).toEqual([]);
    expect(endedWithAlert(...tls12, protectedAlert("server"))).toEqual(["server"]);
    expect(endedWithAlert(...tls12, protectedAlert("client"), protectedAlert("server"))).toEqual([
      "client",
      "server",
    ]);
    expect(endedWithAlert(...tls12, applicationData("client", 19))).toEqual([]);
    expect(endedWithAlert(...tls13)).toEqual([]);
    expect(endedWithAlert(...tls13, applicationData("client", 19))).toEqual(["client"]);
    expect(endedWithAlert(...tls13, applicationData("client", 19), applicationData("client"))).toEqual([]);
    expect(endedWithAlert(...hello, alert("server", 2, 40))).toEqual(["server"]);
  });
});

describe("times", () => {
  it("are told for each wait", () => {
    const { tracker, clock } = trackerAt();
    const at = (nowMs: number, ...list: readonly Sent[]): HandshakeEvent[] => {
      clock.nowMs = nowMs;
      return list.flatMap(({ by, chunk }) => [...tracker.push(by, chunk)]);
    };
    at(1000, ...hello);
    at(1030, ...serverFlight.slice(0, 1));
    at(1035, ...serverFlight.slice(1));
    clock.nowMs = 1040;
    expect(tracker.summary().phases).toEqual({
      serverHelloMs: 30,
      serverFlightMs: 5,
      clientFlightMs: 5,
      serverFinishedMs: 0,
      totalMs: 40,
    });
    at(1047, ...clientFlight);
    const events = at(1077, ...serverFinish);
    expect(events.at(-1)).toEqual({
      kind: "established",
      atMs: 1077,
      certainty: "observed",
      afterMs: 77,
    });
    at(9000, protectedHandshake("server"), protectedAlert("client"));
    clock.nowMs = 9500;
    tracker.end();
    expect(tracker.summary().phases).toEqual({
      serverHelloMs: 30,
      serverFlightMs: 5,
      clientFlightMs: 12,
      serverFinishedMs: 30,
      totalMs: 77,
    });
  });

  it("begin with the ClientHello, however long nothing came before", () => {
    const { tracker, clock } = trackerAt();
    clock.nowMs = 50_000;
    const events = tracker.push("client", hello[0]!.chunk);
    expect(events.at(-1)).toMatchObject({ kind: "state", afterMs: 0 });
    expect(tracker.summary().phases.totalMs).toBe(0);
  });
});

describe("TLS 1.2", () => {
  it("knows false start", () => {
    const early = [...hello, ...serverFlight, ...clientFlight, applicationData("client"), ...serverFinish];
    expect(summaryOf(early)).toMatchObject({ established: "observed", falseStart: true, violations: [] });
    expect(summaryOf(tls12).falseStart).toBe(false);
    const skipped = [...hello, ...serverFlight, ...clientFlight.slice(0, 2), applicationData("client")];
    expect(summaryOf(skipped)).toMatchObject({ falseStart: false, violations: ["skipped-finished"] });
  });

  it("knows a ticket that is taken without a word, by what comes next", () => {
    const ticket = { type: 35, kind: "sessionTicket", ticket: new Uint8Array(64) } as const;
    const offer = say("client", clientHello({ extensions: [ticket] }));
    const finish = [...serverFinish, changeCipherSpec("client"), protectedHandshake("client")];
    for (const renewal of [[], say("server", newSessionTicket)]) {
      const resumed = [...offer, ...say("server", serverHello()), ...renewal, ...finish];
      expect(summaryOf(resumed)).toMatchObject({
        established: "observed",
        resumedBy: "ticket",
        violations: [],
      });
    }
    expect(summaryOf([...offer, ...serverFlight, ...clientFlight, ...serverFinish])).toMatchObject({
      resumedBy: undefined,
      violations: [],
    });
  });

  it("takes an OCSP staple, several messages in one record and one message in several", () => {
    const whole = [
      ...hello,
      ...say(
        "server",
        serverHello(),
        certificate,
        message(22),
        serverKeyExchange,
        certificateRequest,
        serverHelloDone,
      ),
    ];
    const joined = whole.slice(1).map(({ chunk }) => chunk.subarray(5));
    const bytes = new Uint8Array(joined.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of joined) {
      bytes.set(part, at);
      at += part.length;
    }
    const inOne = [...hello, raw("server", 22, bytes)];
    const inMany = [...hello];
    for (let from = 0; from < bytes.length; from += 100)
      inMany.push(raw("server", 22, bytes.subarray(from, from + 100)));
    for (const recording of [whole, inOne, inMany]) {
      const { events, tracker } = follow(recording);
      expect(path(events).at(-2)).toBe("wait-client-key-exchange");
      expect(tracker.summary()).toMatchObject({ clientCertificate: "requested", history: "Csxukrn" });
    }
  });

  it("follows a renegotiation that the client refuses", () => {
    const refused = [
      ...tls12,
      // Without it, the next record could be the rest of the server's Finished.
      applicationData("server"),
      protectedHandshake("server"),
      protectedAlert("client"),
      applicationData("client"),
    ];
    const { events, tracker } = follow(refused);
    expect(path(events).slice(-3)).toEqual(["renegotiating", "connected", "closed"]);
    expect(tracker.summary()).toMatchObject({ renegotiations: 0, violations: [] });
    expect(kinds(events).filter((kind) => kind === "established")).toHaveLength(1);
  });

  it("takes an encrypted alert in the handshake for its end", () => {
    const { events, tracker } = follow([
      ...hello,
      ...serverFlight,
      ...clientFlight.slice(0, 2),
      protectedAlert("client"),
    ]);
    expect(path(events).slice(-2)).toEqual(["failed", "closed"]);
    expect(tracker.summary().alerts).toHaveLength(1);
  });

  it("is over with an alert that can be read", () => {
    const { events } = follow([...hello, ...serverFlight, alert("client", 2, 48)]);
    expect(events).toContainEqual({
      kind: "alert",
      atMs: 1000,
      by: "client",
      level: 2,
      description: 48,
      certainty: "observed",
    });
    expect(events.at(-1)).toMatchObject({ kind: "closed", during: "failed" });
  });

  it("goes on after a warning", () => {
    const warned = [...hello, alert("server", 1, 112), ...tls12.slice(1)];
    expect(summaryOf(warned)).toMatchObject({
      established: "observed",
      alerts: [{ name: "unrecognized_name" }],
      history: "ClsxknGIi",
    });
  });
});

describe("TLS 1.3", () => {
  const offer = say("client", modernHello());
  const answer = [...say("server", tls13ServerHello()), changeCipherSpec("server")];

  it("knows the sizes that give records away", () => {
    expect(tls13RecordSizes(0x1301)).toEqual({ alert: 19, endOfEarlyData: 21, finished: 53 });
    expect(tls13RecordSizes(0x1302)).toEqual({ alert: 19, endOfEarlyData: 21, finished: 69 });
    expect(tls13RecordSizes(0x1305)).toEqual({ alert: 11, endOfEarlyData: 13, finished: 45 });
    expect(tls13RecordSizes(0xffff)).toEqual(tls13RecordSizes(0x1301));
    expect(tls13RecordSizes(0xc030)).toEqual(tls13RecordSizes(0x1301));
  });

  it("goes by the description of an alert, not by its level", () => {
    for (const [description, name] of [
      [0, "wait-encrypted-extensions"],
      [90, "wait-encrypted-extensions"],
      [48, "failed"],
    ] as const) {
      const { tracker } = trackerAt();
      for (const { by, chunk } of [...offer, ...answer, alert("client", 1, description)])
        tracker.push(by, chunk);
      expect(tracker.state.name).toBe(name);
    }
    const old = trackerAt().tracker;
    for (const { by, chunk } of [...hello, ...serverFlight, alert("client", 1, 48)]) old.push(by, chunk);
    expect(old.state.name).toBe("wait-client-key-exchange");
  });

  it("infers the alert of a server that can't go on", () => {
    const { events } = follow([...offer, ...answer, applicationData("server", 19)]);
    expect(events).toContainEqual(
      expect.objectContaining({ kind: "alert", by: "server", certainty: "inferred" }),
    );
    expect(path(events).slice(-2)).toEqual(["failed", "closed"]);
  });

  it("infers the alert of a client that refuses the certificate", () => {
    const { events } = follow([
      ...offer,
      ...answer,
      applicationData("server", 900),
      changeCipherSpec("client"),
      applicationData("client", 19),
    ]);
    expect(events).toContainEqual(
      expect.objectContaining({ kind: "alert", by: "client", certainty: "inferred" }),
    );
    expect(path(events).slice(-2)).toEqual(["failed", "closed"]);
  });

  it("infers from the server's next record that a padded flight was complete", () => {
    const padded = [...tls13.slice(0, -1), applicationData("client", 512)];
    expect(summaryOf(padded)).toMatchObject({ established: undefined, clientCertificate: "inferred" });
    expect(summaryOf([...padded, applicationData("server")])).toMatchObject({ established: "inferred" });
  });

  it("says what it does not know yet", () => {
    expect(summaryOf([...offer, ...answer, applicationData("server", 900)])).toMatchObject({
      established: undefined,
      clientCertificate: "hidden",
    });
  });

  const early = [
    ...say("client", modernHello(zeroRtt)),
    changeCipherSpec("client"),
    applicationData("client"),
  ];
  const accepting = say(
    "server",
    tls13ServerHello(0x1301, [{ type: 41, kind: "preSharedKey", selectedIdentity: 0 }]),
  );

  it("follows early data that is accepted", () => {
    const recording = [
      ...early,
      ...accepting,
      changeCipherSpec("server"),
      applicationData("client"),
      applicationData("server", 120),
      applicationData("client", 21),
      applicationData("client", 53),
    ];
    expect(summaryOf(recording.slice(0, 3)).earlyData).toBe("offered");
    expect(summaryOf(recording.slice(0, -2)).earlyData).toBe("offered");
    expect(summaryOf(recording)).toMatchObject({
      established: "inferred",
      earlyData: "accepted",
      resumedBy: "psk",
      violations: [],
    });
  });

  it("knows early data that is rejected, by the ServerHello or by a retry", () => {
    const finish = [applicationData("server", 900), applicationData("client"), applicationData("client", 53)];
    expect(summaryOf([...early, ...answer, ...finish])).toMatchObject({
      established: "inferred",
      earlyData: "rejected",
      resumedBy: undefined,
      violations: [],
    });
    const retried = [
      ...early,
      ...say("server", helloRetryRequest),
      applicationData("client"),
      ...say("client", modernHello()),
      ...answer,
      ...finish.slice(0, 1),
      applicationData("client", 53),
    ];
    expect(summaryOf(retried)).toMatchObject({
      established: "inferred",
      retried: true,
      earlyData: "rejected",
      violations: [],
    });
  });

  it("takes data from a client that offered none early for what it is", () => {
    expect(summaryOf([...offer, applicationData("client")]).violations).toEqual(["early-application-data"]);
  });
});

describe("a direction that loses bytes", () => {
  const gapped = [...hello, ...serverFlight, ...serverFinish, applicationData("client")];

  it("makes the tracker lose track instead of blaming anybody", () => {
    for (const lossy of ["client", "server", "both"] as const) {
      const { events, tracker } = follow(gapped, undefined, { lossy });
      expect(kinds(events)).not.toContain("violation");
      expect(path(events).slice(-2)).toEqual(["lost-track", "closed"]);
      expect(tracker.summary()).toMatchObject({ serverName: "origin.test", version: 0x0303, violations: [] });
    }
    expect(follow(gapped).tracker.summary().violations).not.toEqual([]);
  });

  it("may be cut in the middle of a record", () => {
    const cut = [...hello, { by: "server", chunk: serverFlight[1]!.chunk.subarray(3) } as const];
    for (const lossy of ["server", "both"] as const)
      expect(follow(cut, undefined, { lossy }).tracker.summary().violations).toEqual([]);
    for (const lossy of [undefined, "client"] as const)
      expect(follow(cut, undefined, lossy && { lossy }).tracker.summary().violations).toEqual([
        "malformed-record",
      ]);
  });

  it("excuses no hello that is wrong in itself", () => {
    const recording = [...hello, ...say("server", serverHello({ cipherSuite: 0xcca8 }))];
    expect(follow(recording, undefined, { lossy: "client" }).tracker.summary().violations).toEqual([
      "unoffered-cipher-suite",
    ]);
  });

  it("still follows what is complete", () => {
    expect(follow(tls12, undefined, { lossy: "both" }).tracker.summary().established).toBe("observed");
  });
});

describe("limits", () => {
  it("hold a message against its limit by its header", () => {
    const { tracker } = trackerAt({ maxMessageBytes: 1000 });
    const events = tracker.push("client", raw("client", 22, Uint8Array.of(1, 0, 4, 0)).chunk);
    expect(events).toMatchObject([{ kind: "violation", code: "malformed-message" }, { to: "lost-track" }]);
  });

  it("keep eight alerts", () => {
    const nagging = Array.from({ length: 50 }, () => alert("server", 1, 90));
    expect(summaryOf([...hello, ...nagging]).alerts).toHaveLength(8);
  });

  it("count the bytes of both sides", () => {
    const bytesOf = (by: string): number =>
      tls13.reduce((sum, sent) => sum + (sent.by === by ? sent.chunk.length : 0), 0);
    expect(summaryOf([...tls13])).toMatchObject({
      clientBytes: bytesOf("client"),
      serverBytes: bytesOf("server"),
    });
  });
});

it("has nothing to say of nothing", () => {
  expect(summaryOf([])).toMatchObject({
    state: "closed",
    established: undefined,
    version: undefined,
    history: "",
  });
});
