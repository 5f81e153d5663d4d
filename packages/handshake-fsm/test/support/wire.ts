// Handshakes made by hand, to go where no honest peer goes.
import {
  type ClientHello,
  type ClientHelloExtension,
  ContentType,
  encodeAlert,
  encodeHandshake,
  encodeRecord,
  type Handshake,
  type HelloRetryRequest,
  type ServerHello,
  type ServerHelloExtension,
  TlsRecord,
} from "@faultwire/tls-parser";
import type { Side } from "../../src/index.ts";
import type { Sent } from "./recorded-handshake.ts";

const SUITE = 0xc02f;
const NOTHING = new Uint8Array(0);

export function clientHello(change: Partial<ClientHello> = {}): ClientHello {
  return {
    kind: "clientHello",
    legacyVersion: 0x0303,
    random: new Uint8Array(32).fill(1),
    legacySessionId: NOTHING,
    cipherSuites: [0x1301, 0x1302, SUITE, 0xc030, 0x009c, 0x00a8, 0x0034],
    legacyCompressionMethods: [0],
    extensions: [{ type: 0, kind: "serverName", hostName: "origin.test" }],
    ...change,
  };
}

/** A client that speaks TLS 1.3 and 1.2. */
export function modernHello(more: readonly ClientHelloExtension[] = []): ClientHello {
  return clientHello({
    legacySessionId: new Uint8Array(32).fill(5),
    extensions: [{ type: 43, kind: "supportedVersions", versions: [0x0304, 0x0303] }, ...more],
  });
}

const identity = { identity: new Uint8Array(16), obfuscatedTicketAge: 1 };
/** What a client offers that resumes with early data. */
export const zeroRtt: readonly ClientHelloExtension[] = [
  { type: 42, kind: "earlyData" },
  { type: 41, kind: "preSharedKey", identities: [identity], binders: [new Uint8Array(32)] },
];

export function serverHello(change: Partial<ServerHello> = {}): ServerHello {
  return {
    kind: "serverHello",
    legacyVersion: 0x0303,
    random: new Uint8Array(32).fill(2),
    legacySessionIdEcho: NOTHING,
    cipherSuite: SUITE,
    legacyCompressionMethod: 0,
    extensions: [],
    ...change,
  };
}

export function tls13ServerHello(
  cipherSuite = 0x1301,
  more: readonly ServerHelloExtension[] = [],
): ServerHello {
  return serverHello({
    cipherSuite,
    legacySessionIdEcho: new Uint8Array(32).fill(5),
    extensions: [{ type: 43, kind: "supportedVersions", selectedVersion: 0x0304 }, ...more],
  });
}

export const helloRetryRequest: HelloRetryRequest = {
  kind: "helloRetryRequest",
  legacyVersion: 0x0303,
  legacySessionIdEcho: new Uint8Array(32).fill(5),
  cipherSuite: 0x1301,
  legacyCompressionMethod: 0,
  extensions: [{ type: 43, kind: "supportedVersions", selectedVersion: 0x0304 }],
};

/** A message of a type whose body means nothing to a tracker. */
export function message(type: number, bodyBytes = 40): Handshake {
  return { kind: "unknown", type, data: new Uint8Array(bodyBytes) };
}

export const certificate: Handshake = message(11, 500);
export const emptyCertificate: Handshake = message(11, 3);
export const serverKeyExchange: Handshake = message(12, 300);
export const certificateRequest: Handshake = message(13);
export const serverHelloDone: Handshake = message(14, 0);
export const certificateVerify: Handshake = message(15);
export const clientKeyExchange: Handshake = message(16);
export const finished: Handshake = message(20, 12);
export const newSessionTicket: Handshake = message(4);

export function raw(by: Side, type: number, fragment: Uint8Array): Sent {
  return { by, chunk: encodeRecord({ type, legacyVersion: 0x0303, fragment }) };
}

/** Handshake messages, one record for each. */
export function say(by: Side, ...messages: readonly Handshake[]): Sent[] {
  return messages.map((each) => raw(by, ContentType.handshake, encodeHandshake(each)));
}

export function changeCipherSpec(by: Side): Sent {
  return raw(by, ContentType.changeCipherSpec, Uint8Array.of(1));
}

/** An encrypted Finished, or any other handshake record that can't be read. */
export function protectedHandshake(by: Side): Sent {
  return raw(by, ContentType.handshake, new Uint8Array(40).fill(0xee));
}

export function applicationData(by: Side, fragmentBytes = 200): Sent {
  return raw(by, ContentType.applicationData, new Uint8Array(fragmentBytes).fill(0xdd));
}

export function alert(by: Side, level: number, description: number): Sent {
  return raw(by, ContentType.alert, encodeAlert({ level, description }));
}

export function protectedAlert(by: Side): Sent {
  return raw(by, ContentType.alert, new Uint8Array(26).fill(0xaa));
}

/** The record of something sent that is exactly one. */
export function recordOf({ chunk }: Sent): TlsRecord {
  return new TlsRecord(chunk[0]!, (chunk[1]! << 8) | chunk[2]!, chunk.length - 5, chunk, 0);
}

export const serverFlight: readonly Sent[] = say(
  "server",
  serverHello(),
  certificate,
  serverKeyExchange,
  serverHelloDone,
);
export const clientFlight: readonly Sent[] = [
  ...say("client", clientKeyExchange),
  changeCipherSpec("client"),
  protectedHandshake("client"),
];
export const serverFinish: readonly Sent[] = [changeCipherSpec("server"), protectedHandshake("server")];
/** A whole handshake of TLS 1.2. */
export const tls12: readonly Sent[] = [
  ...say("client", clientHello()),
  ...serverFlight,
  ...clientFlight,
  ...serverFinish,
];
/** A whole handshake of TLS 1.3 with its ChangeCipherSpecs. */
export const tls13: readonly Sent[] = [
  ...say("client", modernHello()),
  ...say("server", tls13ServerHello()),
  changeCipherSpec("server"),
  applicationData("server", 900),
  changeCipherSpec("client"),
  applicationData("client", 53),
];

/** A client's first words. */
export const hello: readonly Sent[] = say("client", clientHello());

/** A server's random that says that it could have done better (RFC 8446 section 4.1.3): `last` is 1 where it spoke TLS 1.2, 0 where an older version. */
export function downgraded(last: number): Uint8Array {
  const random = new Uint8Array(32);
  random.set(new TextEncoder().encode("DOWNGRD"), 24);
  random[31] = last;
  return random;
}
