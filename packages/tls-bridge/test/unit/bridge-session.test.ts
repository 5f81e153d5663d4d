import type { SecureVersion } from "node:tls";
import { TestAuthority } from "@faultwire/testkit/test-authority";
import {
  AlertDescription,
  AlertLevel,
  ContentType,
  decodeAlert,
  encodeAlert,
  encodeHandshake,
  encodeRecord,
} from "@faultwire/tls-parser";
import { describe, expect, it } from "vitest";
import {
  type BridgeSide,
  type RecordSealer,
  TlsBridge,
  TlsBridgeError,
  tlsBridgeLimits,
} from "../../src/index.ts";
import { type BridgedOptions, bridged, otherSide, type Told } from "../support/bridged.ts";
import { recordsIn } from "../support/flights.ts";
import { type Impersonator, impersonate } from "../support/impersonator.ts";
import { carry, firstFlights, MemoryPeer } from "../support/memory-peers.ts";
import { alertIn, OWN_COMPLAINT } from "../support/openssl-errors.ts";

const authority = new TestAuthority("bridge session");
const HOST = "origin.test";
const versions: readonly SecureVersion[] = ["TLSv1.2", "TLSv1.3"];
const sides: readonly BridgeSide[] = ["client", "server"];
const both = versions.flatMap((version) => sides.map((side) => ({ version, side })));

interface Session {
  readonly bridge: TlsBridge;
  readonly told: Told;
  readonly peers: Record<BridgeSide, MemoryPeer>;
  /** Carries until nobody has anything to say. */
  run(): Promise<unknown>;
}

async function established(version: SecureVersion, options: BridgedOptions = {}): Promise<Session> {
  const client = MemoryPeer.client({
    servername: HOST,
    ca: authority.caPem,
    minVersion: version,
    maxVersion: version,
  });
  const server = MemoryPeer.server({ ...authority.issue(HOST) });
  const { bridge, told } = bridged(authority, options);
  const run = (): Promise<unknown> => carry(client, bridge, server, { lockstep: false });
  await run();
  expect(told.events).toEqual(["established"]);
  return { bridge, told, peers: { client, server }, run };
}

/** Speaks for that peer from now on: nothing but the tickets was sent behind the handshakes. */
function impostor({ peers }: Session, version: SecureVersion, side: BridgeSide): Impersonator {
  const tickets = version === "TLSv1.3" ? 2 : 0;
  const places = side === "client" ? { sent: 0, received: tickets } : { sent: tickets, received: 0 };
  return impersonate(side, peers[side], places);
}

/** What the bridge has for that peer, opened. */
function heard(bridge: TlsBridge, side: BridgeSide, { opener }: Impersonator): (string | number[])[] {
  return recordsIn(bridge.take(side)).map((record) => {
    const { contentType, plaintext } = opener.open(record);
    if (contentType === ContentType.applicationData) return Buffer.from(plaintext).toString("latin1");
    if (contentType !== ContentType.alert) return [contentType, ...plaintext];
    const { level, description } = decodeAlert(plaintext);
    return [ContentType.alert, level, description];
  });
}

const record = (type: number, fragment: Uint8Array): Uint8Array =>
  encodeRecord({ type, legacyVersion: 0x0303, fragment });

const alertOf = (level: number, description: number): Uint8Array => encodeAlert({ level, description });

describe.each(both)("$version, $side", ({ version, side }) => {
  const other = otherSide(side);

  it("a record with a bad MAC is refused with an alert, and the other one gets no clean end", async () => {
    const session = await established(version);
    const { bridge, told, peers } = session;
    const speaker = impostor(session, version, side);
    const listener = impostor(session, version, other);
    bridge.push(side, speaker.sealer.seal(ContentType.applicationData, Buffer.from("x"), { badMac: true }));
    expect(told.failure).toMatchObject({
      code: "record",
      from: side,
      description: AlertDescription.badRecordMac,
    });
    expect(bridge.state).toBe("failed");
    expect(heard(bridge, side, speaker)).toEqual([[21, 2, AlertDescription.badRecordMac]]);
    expect(heard(bridge, other, listener)).toEqual([[21, 2, AlertDescription.internalError]]);
    bridge.push(side, speaker.sealer.seal(ContentType.applicationData, Buffer.from("more")));
    expect(told.events).toEqual(["established", "record"]);
    expect(peers[other].text).toBe("");
  });

  it("a bad MAC that the user asks for is refused by the peer, whose alert goes on to the other one", async () => {
    const session = await established(version, {
      handler: {
        data: (from, plaintext) => session.bridge.write(otherSide(from), plaintext, { badMac: true }),
      },
    });
    session.peers[other].socket.write("question");
    await session.run();
    expect(session.told.events).toEqual([
      "established",
      `${side} alerts 2 ${AlertDescription.badRecordMac}`,
      side === "client" ? "client-alert" : "upstream-alert",
    ]);
    expect(session.peers[side].error?.code).toMatch(/BAD_RECORD_MAC|CIPHER_OPERATION_FAILED/);
    expect(alertIn(session.peers[other].error)).toBe("BAD_RECORD_MAC");
  });

  it("an oversized record is refused", async () => {
    const session = await established(version);
    const speaker = impostor(session, version, side);
    const large = speaker.sealer.seal(ContentType.applicationData, new Uint8Array(20_000), {
      maxPlaintextBytes: 20_000,
    });
    session.bridge.push(side, large);
    expect(session.told.failure).toMatchObject({
      code: "record",
      from: side,
      description: AlertDescription.recordOverflow,
    });
  });

  it("every alert gets there, at its level", async () => {
    const session = await established(version);
    session.bridge.sendAlert(side, AlertLevel.fatal, AlertDescription.accessDenied);
    await session.run();
    expect(alertIn(session.peers[side].error)).toBe("ACCESS_DENIED");
  });

  it("garbage between the records is what the peer gets", async () => {
    const session = await established(version);
    session.bridge.sendRaw(side, Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await session.run();
    expect(session.peers[side].error?.code).toMatch(OWN_COMPLAINT);
  });

  it("one closes, the other one goes on until it closes, too", async () => {
    const session = await established(version);
    const { bridge, told } = session;
    const [speaker, listener] = [impostor(session, version, side), impostor(session, version, other)];
    bridge.push(side, speaker.sealer.seal(ContentType.alert, alertOf(1, AlertDescription.closeNotify)));
    expect(heard(bridge, other, listener)).toEqual([[21, 1, 0]]);
    bridge.push(side, speaker.sealer.seal(ContentType.applicationData, Buffer.from("behind its end")));
    bridge.push(other, listener.sealer.seal(ContentType.applicationData, Buffer.from("still there")));
    bridge.push(other, listener.sealer.seal(ContentType.alert, alertOf(1, AlertDescription.closeNotify)));
    expect(heard(bridge, side, speaker)).toEqual(["still there", [21, 1, 0]]);
    expect(heard(bridge, other, listener)).toEqual([]);
    expect(bridge.state).toBe("closed");
    expect(told.events).toEqual(["established", `${side} closes`, `${other} closes`]);
  });

  it("is not closed as long as we have not said so, too", async () => {
    const session = await established(version, { handler: { closeNotify() {} } });
    const { bridge } = session;
    for (const from of sides) {
      const { sealer } = impostor(session, version, from);
      bridge.push(from, sealer.seal(ContentType.alert, alertOf(1, AlertDescription.closeNotify)));
    }
    expect(bridge.state).toBe("established");
    bridge.closeNotify(side);
    bridge.write(side, Buffer.from("behind our end"));
    expect(bridge.state).toBe("established");
    bridge.closeNotify(other);
    expect(bridge.state).toBe("closed");
    expect(heard(bridge, side, impostor(session, version, side))).toEqual([[21, 1, 0]]);
  });

  it("more records without data than anybody needs are too many, and data in between makes them harmless", async () => {
    const session = await established(version);
    const { bridge, told } = session;
    const speaker = impostor(session, version, side);
    const empty = (): void =>
      bridge.push(side, speaker.sealer.seal(ContentType.applicationData, new Uint8Array(0)));
    for (let count = 0; count < 3 * tlsBridgeLimits.idleRecords; count++) {
      empty();
      if (count % 30 === 29) bridge.push(side, speaker.sealer.seal(23, Buffer.from(".")));
    }
    expect(told.events).toEqual(["established"]);
    for (let count = 0; count <= tlsBridgeLimits.idleRecords; count++) empty();
    expect(told.failure).toMatchObject({ code: "limit", limit: "idleRecords", from: side });
  });

  it("warnings without end are too many, whatever comes between them", async () => {
    const session = await established(version);
    const speaker = impostor(session, version, side);
    // The one warning that does not end a session of TLS 1.3.
    const warning = alertOf(AlertLevel.warning, AlertDescription.userCanceled);
    const warn = (): void => {
      session.bridge.push(side, speaker.sealer.seal(ContentType.alert, warning));
      session.bridge.push(side, speaker.sealer.seal(ContentType.applicationData, Buffer.from(".")));
    };
    for (let count = 0; count < tlsBridgeLimits.warningAlerts; count++) warn();
    expect(session.told.failure).toBeUndefined();
    expect(session.told.events).toHaveLength(1 + tlsBridgeLimits.warningAlerts);
    warn();
    expect(session.told.failure).toMatchObject({ code: "limit", limit: "warningAlerts", from: side });
  });

  it("records are counted as they are sealed", async () => {
    const { bridge } = await established(version);
    expect(bridge.recordsTo(side)).toBe(0);
    bridge.write(side, new Uint8Array(100), { maxPlaintextBytes: 30 });
    bridge.write(side, new Uint8Array(0));
    expect(bridge.recordsTo(side)).toBe(5);
    expect(bridge.recordsTo(other)).toBe(0);
    bridge.end();
    expect(bridge.recordsTo(side)).toBe(5);
  });
});

describe.each(sides)("TLS 1.3, %s", (side) => {
  const keyUpdate = (updateRequested: boolean): Uint8Array =>
    encodeHandshake({ kind: "keyUpdate", updateRequested });

  it("its key updates are followed, and all that ask for one of ours get one, before our next data", async () => {
    const session = await established("TLSv1.3");
    const { bridge, told } = session;
    const speaker = impostor(session, "TLSv1.3", side);
    for (const requests of [[false], [true], [true, false, true, true], [false]]) {
      for (const requested of requests) {
        bridge.push(side, speaker.sealer.seal(ContentType.handshake, keyUpdate(requested)));
        speaker.sealer.updateKeys();
      }
      bridge.push(side, speaker.sealer.seal(ContentType.applicationData, Buffer.from("new keys")));
      expect(bridge.take(side)).toHaveLength(0);
      bridge.write(side, Buffer.from("ours, too"));
      const records = recordsIn(bridge.take(side));
      if (requests.includes(true)) {
        expect(speaker.opener.open(records.shift()!)).toMatchObject({
          contentType: ContentType.handshake,
          plaintext: keyUpdate(false),
        });
        speaker.opener.updateKeys();
      }
      expect(records.map((found) => Buffer.from(speaker.opener.open(found).plaintext).toString())).toEqual([
        "ours, too",
      ]);
    }
    expect(Buffer.concat(told.clear[side]).toString()).toBe("new keys".repeat(4));
  });

  it("a key update of ours that is due comes where the bridge has rested before, and one of our own is enough", async () => {
    for (const isOwn of [false, true]) {
      const session = await established("TLSv1.3");
      const speaker = impostor(session, "TLSv1.3", side);
      session.bridge.push(side, speaker.sealer.seal(ContentType.handshake, keyUpdate(true)));
      const nothing = (): void => {};
      const handler = { established: nothing, data: nothing, closeNotify: nothing, alert: nothing };
      const bridge = TlsBridge.resume(session.bridge.atRest!, { ...handler, failed: nothing });
      if (isOwn) bridge.updateKeys(side);
      bridge.write(side, Buffer.from("ours"));
      const [update, data, ...more] = recordsIn(bridge.take(side));
      expect(speaker.opener.open(update!).plaintext).toEqual(keyUpdate(false));
      speaker.opener.updateKeys();
      expect(Buffer.from(speaker.opener.open(data!).plaintext).toString()).toBe("ours");
      expect(more).toEqual([]);
    }
  });

  it("as many as we have asked for are never too many, and those that nobody asked for are", async () => {
    const session = await established("TLSv1.3");
    const { bridge, told } = session;
    const { sealer } = impostor(session, "TLSv1.3", side);
    // Behind the upstream's tickets, which count as well.
    bridge.push(side, sealer.seal(ContentType.applicationData, Buffer.from("data")));
    const answer = (): void => {
      bridge.push(side, sealer.seal(ContentType.handshake, keyUpdate(false)));
      sealer.updateKeys();
    };
    for (let count = 0; count < 2 * tlsBridgeLimits.idleRecords; count++) {
      bridge.updateKeys(side, true);
      answer();
    }
    for (let count = 0; count < tlsBridgeLimits.idleRecords; count++) answer();
    expect(told.events).toEqual(["established"]);
    answer();
    expect(told.failure).toMatchObject({ code: "limit", limit: "idleRecords", from: side });
  });

  it("OpenSSL follows ours, and gives its own where we ask for it", async () => {
    const session = await established("TLSv1.3");
    for (let round = 0; round < 4; round++) {
      session.bridge.updateKeys(side, round % 2 === 0);
      session.peers[otherSide(side)].socket.write("there");
      await session.run();
      session.peers[side].socket.write("back");
      await session.run();
    }
    expect(session.peers[side].text).toBe("there".repeat(4));
    expect(session.peers[otherSide(side)].text).toBe("back".repeat(4));
  });

  it("a key update with bytes behind it in the same record is refused", async () => {
    const session = await established("TLSv1.3");
    const speaker = impostor(session, "TLSv1.3", side);
    const bytes = Buffer.concat([keyUpdate(false), Uint8Array.of(24, 0)]);
    session.bridge.push(side, speaker.sealer.seal(ContentType.handshake, bytes));
    expect(session.told.failure).toMatchObject({
      code: "record",
      description: AlertDescription.unexpectedMessage,
    });
  });

  it("data in the middle of a handshake message is refused", async () => {
    const session = await established("TLSv1.3");
    const { sealer } = impostor(session, "TLSv1.3", side);
    session.bridge.push(side, sealer.seal(ContentType.handshake, keyUpdate(false).subarray(0, 2)));
    session.bridge.push(side, sealer.seal(ContentType.applicationData, Buffer.from("x")));
    expect(session.told.failure).toMatchObject({ code: "record", description: 10 });
  });

  it("no message of a handshake belongs there, tickets of the upstream's apart", async () => {
    const session = await established("TLSv1.3");
    const { sealer } = impostor(session, "TLSv1.3", side);
    const ticket = Uint8Array.of(4, 0, 0, 14, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 1, 7, 0, 0);
    session.bridge.push(side, sealer.seal(ContentType.handshake, ticket));
    if (side === "server")
      session.bridge.push(side, sealer.seal(ContentType.handshake, Uint8Array.of(11, 0, 0, 0)));
    expect(session.told.events).toEqual(["established", "record"]);
    expect(session.told.failure).toMatchObject({ from: side, description: 10 });
  });

  it.each([
    ["in clear", (_sealer: RecordSealer) => record(ContentType.changeCipherSpec, Uint8Array.of(1))],
    ["in clear, with something else in it", () => record(ContentType.changeCipherSpec, Uint8Array.of(2))],
    ["in cipher", (sealer: RecordSealer) => sealer.seal(ContentType.changeCipherSpec, Uint8Array.of(1))],
  ])("ChangeCipherSpec %s has no place behind Finished", async (_how, make) => {
    const session = await established("TLSv1.3");
    const { sealer } = impostor(session, "TLSv1.3", side);
    session.bridge.push(side, make(sealer));
    expect(session.told.failure).toMatchObject({
      code: "record",
      from: side,
      description: AlertDescription.unexpectedMessage,
    });
  });

  it("a message that comes in records of one byte each is a limit's business, and so is one that never ends", async () => {
    const ticket = Uint8Array.of(4, 0, 0, 14, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 1, 7, 0, 0);
    const message = side === "server" ? ticket : keyUpdate(false);
    const session = await established("TLSv1.3");
    const { sealer } = impostor(session, "TLSv1.3", side);
    const inPieces = (bytes: Uint8Array): void =>
      session.bridge.push(side, sealer.seal(ContentType.handshake, bytes, { maxPlaintextBytes: 1 }));
    inPieces(message);
    expect(session.told.events).toEqual(["established"]);
    // A message that declares all that is allowed, and takes its time.
    if (side === "client") sealer.updateKeys();
    inPieces(Uint8Array.of(message[0]!, 0, 255, 255));
    for (let count = 0; count < tlsBridgeLimits.idleRecords; count++) inPieces(Uint8Array.of(0));
    expect(session.told.failure).toMatchObject({ code: "limit", limit: "idleRecords", from: side });
  });

  it("two alerts in one record are an error", async () => {
    const session = await established("TLSv1.3");
    const { sealer } = impostor(session, "TLSv1.3", side);
    session.bridge.push(side, sealer.seal(ContentType.alert, Uint8Array.of(1, 90, 1, 0)));
    expect(session.told.failure).toMatchObject({ code: "record", description: AlertDescription.decodeError });
  });

  it("a warning is fatal but for the one that announces a close", async () => {
    const session = await established("TLSv1.3");
    const { sealer } = impostor(session, "TLSv1.3", side);
    session.bridge.push(side, sealer.seal(ContentType.alert, alertOf(1, AlertDescription.userCanceled)));
    expect(session.told.events).toEqual(["established", `${side} alerts 1 90`]);
    session.bridge.push(side, sealer.seal(ContentType.alert, alertOf(1, AlertDescription.unrecognizedName)));
    expect(session.told.events.at(-1)).toBe(side === "client" ? "client-alert" : "upstream-alert");
  });
});

it("TLS 1.3: tickets without end are too many, several in one record or one in several", async () => {
  const ticket = Uint8Array.of(4, 0, 0, 14, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 1, 7, 0, 0);
  const some = Buffer.concat(Array(tlsBridgeLimits.idleRecords).fill(ticket) as Uint8Array[]);
  for (const maxPlaintextBytes of [16_384, 100]) {
    const session = await established("TLSv1.3");
    const { sealer } = impostor(session, "TLSv1.3", "server");
    for (let round = 0; round < 2; round++) {
      session.bridge.push("server", sealer.seal(ContentType.applicationData, Buffer.from("answer")));
      session.bridge.push("server", sealer.seal(ContentType.handshake, some, { maxPlaintextBytes }));
      expect(session.told.events).toEqual(["established"]);
    }
    session.bridge.push("server", sealer.seal(ContentType.handshake, ticket));
    expect(session.told.failure).toMatchObject({ code: "limit", limit: "idleRecords", from: "server" });
  }
});

it.each([
  [
    "without a ticket in it",
    [4, 0, 0, 13, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    AlertDescription.decodeError,
  ],
  [
    "with a byte too many",
    [4, 0, 0, 15, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 1, 7, 0, 0, 0],
    AlertDescription.decodeError,
  ],
  [
    "with an extension twice",
    [
      ...[4, 0, 0, 30, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 1, 7, 0, 16],
      ...[0, 42, 0, 4, 0, 0, 0, 9, 0, 42, 0, 4, 0, 0, 0, 9],
    ],
    AlertDescription.illegalParameter,
  ],
])("TLS 1.3: a ticket %s is refused, though nobody uses it", async (_how, ticket, description) => {
  const session = await established("TLSv1.3");
  const { sealer } = impostor(session, "TLSv1.3", "server");
  session.bridge.push("server", sealer.seal(ContentType.handshake, Uint8Array.from(ticket)));
  expect(session.told.failure).toMatchObject({ code: "record", from: "server", description });
});

it("TLS 1.2: a client's request that comes ahead of the upstream's Finished waits for it", async () => {
  const client = MemoryPeer.client({ servername: HOST, ca: authority.caPem, maxVersion: "TLSv1.2" });
  const server = MemoryPeer.server({ ...authority.issue(HOST) });
  const { bridge, told } = bridged(authority);
  await firstFlights(client, bridge, server);
  client.give(bridge.take("client"));
  const finished = await client.take();
  const falseStart = impersonate("client", client, { sent: 0, received: 0 }).sealer.seal(
    23,
    Buffer.from("early"),
  );
  bridge.push("client", Buffer.concat([finished, falseStart]));
  await bridge.idle();
  // Nor has the client got our Finished: nobody knows yet who the upstream is.
  expect([told.events, bridge.pendingBytes("client"), bridge.waitingBytes("client")]).toEqual([
    [],
    0,
    falseStart.length,
  ]);
  server.give(bridge.take("server"));
  bridge.push("server", await server.take());
  await bridge.idle();
  expect(told.events).toEqual(["established"]);
  server.give(bridge.take("server"));
  await server.take();
  expect(server.text).toBe("early");
});

describe.each(sides)("TLS 1.2, %s", (side) => {
  it("who would like to renegotiate is refused, and may go on", async () => {
    const session = await established("TLSv1.2");
    const { bridge, told } = session;
    const speaker = impostor(session, "TLSv1.2", side);
    const wish = Uint8Array.of(side === "client" ? 1 : 0, 0, 0, 0);
    bridge.push(side, speaker.sealer.seal(ContentType.handshake, wish));
    expect(heard(bridge, side, speaker)).toEqual([[21, 1, AlertDescription.noRenegotiation]]);
    bridge.push(side, speaker.sealer.seal(ContentType.applicationData, Buffer.from("never mind")));
    expect(Buffer.concat(told.clear[side]).toString()).toBe("never mind");
    bridge.push(side, speaker.sealer.seal(ContentType.handshake, Uint8Array.of(20, 0, 0, 0)));
    expect(told.failure).toMatchObject({ code: "record", from: side, description: 10 });
  });

  it("a warning ends nothing", async () => {
    const session = await established("TLSv1.2");
    const { sealer } = impostor(session, "TLSv1.2", side);
    session.bridge.push(side, sealer.seal(ContentType.alert, alertOf(1, AlertDescription.noRenegotiation)));
    expect(session.told.events).toEqual(["established", `${side} alerts 1 100`]);
    expect(session.bridge.state).toBe("established");
  });

  it("has no key updates", async () => {
    const { bridge } = await established("TLSv1.2");
    expect(() => bridge.updateKeys(side)).toThrow(TlsBridgeError);
    expect(bridge.pendingBytes(side)).toBe(0);
  });
});
