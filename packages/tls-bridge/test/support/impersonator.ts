/** Speaks for one of Node's peers behind its handshake, record by record. */
import {
  decodeServerHello,
  type HandshakeFrame,
  HandshakeReader,
  HandshakeType,
} from "@faultwire/tls-parser";
import {
  type BridgeSide,
  cipherSuiteProtection,
  KeylogLabel,
  parseKeylogLine,
  RecordOpener,
  RecordSealer,
  type RecordSecrets,
} from "../../src/index.ts";
import { recordsIn } from "./flights.ts";
import type { MemoryPeer } from "./memory-peers.ts";

export interface Impersonator {
  /** Seals what the peer would send next. */
  readonly sealer: RecordSealer;
  /** Opens what the bridge sends it next. */
  readonly opener: RecordOpener;
  /** What protects the records of that side from that number on; 0 is the Finished in TLS 1.2. */
  readonly secretsOf: (from: BridgeSide, sequenceNumber: number) => RecordSecrets;
}

/** How many records each direction has had since the keys for data came into force. */
export interface Places {
  readonly sent: number;
  readonly received: number;
}

/** Takes over from a peer of a session that is established. */
export function impersonate(side: BridgeSide, peer: MemoryPeer, { sent, received }: Places): Impersonator {
  const flight = side === "client" ? peer.given : peer.taken;
  const hello = serverHelloIn(Buffer.concat(flight));
  const suite = cipherSuiteProtection(hello.cipherSuite)!;
  const secret = (label: string): Uint8Array => {
    for (const line of peer.keylog) {
      const entry = parseKeylogLine(line);
      if (entry?.label === label) return entry.secret;
    }
    throw new Error(`the key log has no ${label}`);
  };
  const secretsOf = (from: BridgeSide, sequenceNumber: number): RecordSecrets => {
    if (suite.version === "TLSv1.3") {
      const label = from === "client" ? KeylogLabel.clientTrafficSecret0 : KeylogLabel.serverTrafficSecret0;
      return { version: "TLSv1.3", suite, trafficSecret: secret(label), sequenceNumber };
    }
    return {
      version: "TLSv1.2",
      suite,
      masterSecret: secret(KeylogLabel.clientRandom),
      clientRandom: parseKeylogLine(peer.keylog[0]!)!.clientRandom,
      serverRandom: hello.random,
      side: from,
      sequenceNumber,
    };
  };
  const first = suite.version === "TLSv1.2" ? 1 : 0;
  const other = side === "client" ? "server" : "client";
  return {
    sealer: new RecordSealer(secretsOf(side, first + sent)),
    opener: new RecordOpener(secretsOf(other, first + received)),
    secretsOf,
  };
}

function serverHelloIn(flight: Uint8Array): { cipherSuite: number; random: Uint8Array } {
  const messages = new HandshakeReader();
  for (const record of recordsIn(flight)) {
    const first: HandshakeFrame | undefined = [...messages.push(record.fragment)][0];
    if (first?.type !== HandshakeType.serverHello) continue;
    const hello = decodeServerHello(first.body);
    if (hello.kind === "serverHello") return { cipherSuite: hello.cipherSuite, random: hello.random.slice() };
  }
  throw new Error("no ServerHello");
}
