import {
  alpnProtocolsOf,
  type ClientHello,
  clientHelloExtension,
  downgradeSignalOf,
  ExtensionType,
  type HelloRetryRequest,
  offeredVersionsOf,
  ProtocolVersion,
  type ServerHello,
  selectedAlpnOf,
  selectedVersionOf,
  serverNameOf,
} from "@faultwire/tls-parser";
import type { EarlyData, Offer } from "../machine/handshake-state.ts";
import type { Answer } from "../machine/observation.ts";

/** What the machine has to know of a ClientHello; keeps nothing of the bytes that it was read from. */
export function offerOf(hello: ClientHello): Offer {
  const ticket = clientHelloExtension(hello, "sessionTicket")?.ticket;
  return {
    sessionId: hello.legacySessionId.slice(),
    versions: versionsOf(hello),
    cipherSuites: hello.cipherSuites,
    ticket: ticket !== undefined && ticket.length > 0,
    psk: clientHelloExtension(hello, "preSharedKey") !== undefined,
    earlyData: clientHelloExtension(hello, "earlyData") !== undefined,
    encrypted: hello.extensions?.some(({ type }) => type === ExtensionType.encryptedClientHello) ?? false,
  };
}

/** Without `supported_versions` a hello offers TLS 1.2 at most, whatever its version says (RFC 8446 section 4.2.1). */
function versionsOf(hello: ClientHello): readonly number[] {
  const offered = offeredVersionsOf(hello);
  if (clientHelloExtension(hello, "supportedVersions") !== undefined) return offered;
  return offered.map((version) => Math.min(version, ProtocolVersion.tls12));
}

/** What the machine has to know of a ServerHello or HelloRetryRequest: a view, of which no state keeps anything. */
export function answerOf(hello: ServerHello | HelloRetryRequest): Answer {
  const isRetry = hello.kind === "helloRetryRequest";
  return {
    version: selectedVersionOf(hello),
    cipherSuite: hello.cipherSuite,
    sessionId: hello.legacySessionIdEcho,
    selectedPsk: isRetry ? undefined : selectedPskOf(hello),
    downgrade: isRetry ? undefined : downgradeSignalOf(hello),
  };
}

function selectedPskOf(hello: ServerHello): number | undefined {
  for (const extension of hello.extensions ?? [])
    if (extension.kind === "preSharedKey") return extension.selectedIdentity;
  return undefined;
}

/** What a summary tells of the hellos and the machine has no use for. */
export interface HelloFacts {
  readonly serverName: string | undefined;
  readonly alpnOffered: readonly string[];
  readonly alpn: string | undefined;
  readonly group: number | undefined;
  readonly retried: boolean;
  /** As far as the hellos tell. */
  readonly earlyData: EarlyData;
}

/** The facts of a connection without a hello. */
export const noHelloFacts: HelloFacts = {
  serverName: undefined,
  alpnOffered: [],
  alpn: undefined,
  group: undefined,
  retried: false,
  earlyData: "none",
};

/** The facts with those of a ClientHello. */
export function withClientHello(facts: HelloFacts, hello: ClientHello): HelloFacts {
  // These are kept with the connection: V8 gives a list that has grown room to grow, and holds a text that was put
  // together piece by piece as its pieces. The copies take a quarter of the memory.
  const serverName = serverNameOf(hello)?.split("").join("");
  const alpnOffered = alpnProtocolsOf(hello).slice();
  // The second hello comes without it: a HelloRetryRequest rejects it (RFC 8446 section 4.2.10).
  const isOffered = !facts.retried && clientHelloExtension(hello, "earlyData") !== undefined;
  return { ...facts, serverName, alpnOffered, earlyData: isOffered ? "offered" : facts.earlyData };
}

/** The facts with those of the server's answer. */
export function withServerHello(facts: HelloFacts, hello: ServerHello | HelloRetryRequest): HelloFacts {
  if (hello.kind === "helloRetryRequest") {
    const earlyData = facts.earlyData === "none" ? "none" : "rejected";
    return { ...facts, retried: true, earlyData };
  }
  let group: number | undefined;
  for (const extension of hello.extensions ?? [])
    if (extension.kind === "keyShare") group = extension.serverShare.group;
  return { ...facts, group, alpn: selectedAlpnOf(hello) };
}
