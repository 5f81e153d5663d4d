/** Faults of TLS itself on a session that is ours: what they ask of a bridge's handshake, and of its records. */
import { ALERT_NUMBERS, type Decision } from "@faultwire/fault-engine";
import type {
  BridgeFailure,
  IdentityRequest,
  ServerIdentity,
  TlsBridge,
  TlsBridgeOptions,
} from "@faultwire/tls-bridge";
import {
  AlertDescription,
  AlertLevel,
  alpnProtocolsOf,
  CipherSuite,
  type ClientHello,
  recordLimits,
} from "@faultwire/tls-parser";
import { connectedAlready } from "./connected-already.ts";
import type { InterceptionOptions } from "./interception.ts";

/** What a fault changes about a handshake. */
export interface BridgeFault extends Pick<TlsBridgeOptions, "versions" | "cipherSuites" | "handshakeAlert"> {
  readonly identityFor?: (request: IdentityRequest) => Promise<ServerIdentity>;
  /** Why it can't be carried out. */
  readonly undone?: string;
}

const versions = ["TLSv1.2", "TLSv1.3"] as const;

/** What a decision about a connection asks of its handshake; nothing, where it is about something else. */
export function bridgeFaultOf(
  decision: Decision | null,
  hello: ClientHello,
  interception: InterceptionOptions,
): BridgeFault {
  const fault = decision?.fault;
  switch (fault?.kind) {
    case "tls.certificate": {
      if (!interception.defectiveIdentityFor)
        return { undone: "there is no authority that makes bad certificates" };
      const { defect } = fault;
      return {
        identityFor: async ({ serverName, keyType }) =>
          (await interception.defectiveIdentityFor?.(defect, serverName)) ??
          interception.identityFor({ serverName, keyType }),
      };
    }
    case "tls.version": {
      const named = versions.filter((version) => isVersion(version, fault.value));
      const refused = fault.mode === "refuse";
      if (named.length === 0)
        return { undone: `${fault.value} is never spoken here, only ${versions.join(" and ")}` };
      return { versions: refused ? versions.filter((version) => !named.includes(version)) : named };
    }
    case "tls.cipher": {
      const named: number | undefined = (CipherSuite as Readonly<Record<string, number>>)[fault.value];
      if (named === undefined) return { undone: `no cipher suite is called ${fault.value}` };
      const offered = hello.cipherSuites;
      return { cipherSuites: fault.mode === "force" ? [named] : offered.filter((suite) => suite !== named) };
    }
    case "tls.alpn": {
      const offered = alpnProtocolsOf(hello);
      const isRefused =
        fault.mode === "refuse" ? offered.includes(fault.value) : !offered.includes(fault.value);
      if (isRefused) return { handshakeAlert: { at: "client-hello", ...noApplicationProtocol } };
      return fault.mode === "force" && fault.value !== "http/1.1"
        ? { undone: `inside of an opened connection only http/1.1 is spoken, not ${fault.value}` }
        : {};
    }
    case "tls.alert":
      return {
        handshakeAlert: {
          at: fault.at,
          level: fault.level === "fatal" ? AlertLevel.fatal : AlertLevel.warning,
          description: ALERT_NUMBERS[fault.description],
        },
      };
    case "connect.refuse":
      return { undone: connectedAlready };
    default:
      return {};
  }
}

const noApplicationProtocol = {
  level: AlertLevel.fatal,
  description: AlertDescription.noApplicationProtocol,
} as const;

/** What a handshake that a fault spoils may fail of; any other failure is none of the fault's. */
const spoiled: ReadonlySet<BridgeFailure["code"]> = new Set<BridgeFailure["code"]>([
  "client-rejects-certificate",
  "client-alert",
  "upstream-alert",
  "handshake",
  "no-common-version",
  "no-common-cipher",
  "no-common-group",
  "no-common-signature",
  "no-common-protocol",
]);

/** Whether a handshake has failed because a fault wanted it to. */
export function isSpoiledBy(decision: Decision | null, { code }: BridgeFailure): boolean {
  switch (decision?.fault.kind) {
    case "tls.alert":
      return code === "alert-sent" || code === "client-alert";
    case "tls.alpn":
      return code === "alert-sent";
    case "tls.certificate":
    case "tls.version":
    case "tls.cipher":
      return spoiled.has(code);
    default:
      return false;
  }
}

/** Whether a version has that name: `TLSv1.3`, `tls1.3`, `1.3`. */
function isVersion(version: string, name: string): boolean {
  return version.slice("TLSv".length) === name.toLowerCase().replace(/^tls\s*v?/, "");
}

/** Something that happens to one record for the client. */
export interface RecordFault {
  /** Records of application data that go before it. */
  readonly afterRecords: number;
  /** Nothing is sent but the end of the connection. */
  readonly isEnd?: boolean;
  /** Sends what the client gets in place of `bytes`. */
  strike(bridge: TlsBridge, bytes: Uint8Array): void;
}

/** What a decision about a connection does to a record; undefined where it is about something else. */
export function recordFaultOf(decision: Decision | null): RecordFault | undefined {
  const fault = decision?.fault;
  switch (fault?.kind) {
    case "tls.bad-mac":
      return {
        afterRecords: fault.afterRecords,
        strike: (bridge, bytes) => bridge.write("client", bytes, { badMac: true }),
      };
    case "tls.oversized-record":
      return { afterRecords: fault.afterRecords, strike: sendOversized };
    case "tls.garbage":
      return {
        afterRecords: fault.afterRecords,
        strike: (bridge) => bridge.sendRaw("client", garbage(decision)),
      };
    case "tls.truncate":
      return { afterRecords: fault.afterRecords, isEnd: true, strike: () => {} };
    default:
      return undefined;
  }
}

/** More than a record may hold in TLS 1.3 and in TLS 1.2, the expansion that both allow included. */
const oversizedBytes = recordLimits.tls12CiphertextBytes + 1;

function sendOversized(bridge: TlsBridge, bytes: Uint8Array): void {
  const plaintext = new Uint8Array(oversizedBytes);
  plaintext.set(bytes.subarray(0, oversizedBytes));
  bridge.write("client", plaintext, { maxPlaintextBytes: oversizedBytes });
}

const garbageBytes = 64;

/** Bytes that no record begins with. */
function garbage(decision: Decision | null): Uint8Array {
  const bytes = Uint8Array.from({ length: garbageBytes }, (_, at) =>
    Math.floor((decision?.random("garbage", at) ?? 0) * 256),
  );
  bytes[0] = 0xff;
  return bytes;
}
