import {
  type Alert,
  AlertDescription,
  AlertLevel,
  alertDescriptionName,
  encodeAlert,
} from "@faultwire/tls-parser";
import { alertRecord } from "../handshake/alert-record.ts";
import { ClientEnd, type HelloAnswer } from "../handshake/client-end.ts";
import { ClientOffer } from "../handshake/client-offer.ts";
import { SecureContextCache } from "../handshake/secure-context-cache.ts";
import { UpstreamEnd } from "../handshake/upstream-end.ts";
import type { RecordOpener } from "../record-protection/record-opener.ts";
import type { RecordSealer } from "../record-protection/record-sealer.ts";
import { BridgeFailed, type BridgeFailure, failureAlerts } from "./bridge-failure.ts";
import type { BridgeSide, BridgeVersion } from "./bridge-peers.ts";
import { type HandshakePort, takeFrom } from "./handshake-port.ts";
import { readClientHello } from "./read-client-hello.ts";
import type { BridgeSession, HandshakeAlert, TlsBridgeOptions } from "./tls-bridge-options.ts";

/** What protects the records of one peer behind the handshakes. */
export interface PeerProtection {
  readonly opener: RecordOpener;
  readonly sealer: RecordSealer;
}

/** Both handshakes, done. */
export interface ShakenHands {
  readonly session: BridgeSession;
  readonly client: PeerProtection;
  /** Undefined where the client's handshake went on alone. */
  readonly server: PeerProtection | undefined;
}

/**
 * The two handshakes of a bridge, in step with each other: one procedure, read from top to bottom, that waits for the
 * records of either peer. Whatever goes wrong rejects {@link run}; {@link alertRecord} knows then how to say so.
 */
export class BridgeHandshake {
  readonly #options: TlsBridgeOptions;
  readonly #port: HandshakePort;
  readonly #contexts: SecureContextCache;
  #upstream: UpstreamEnd | undefined;
  #client: ClientEnd | undefined;
  /** Why there is no upstream any more, where the client's handshake goes on without it. */
  #loss: BridgeFailure | undefined;
  #hasOtherProtocol = false;

  constructor(options: TlsBridgeOptions, port: HandshakePort) {
    this.#options = options;
    this.#port = port;
    this.#contexts = options.contexts ?? new SecureContextCache();
  }

  /**
   * Shakes hands with both.
   *
   * @throws {@link BridgeFailed} or, where the fault is ours, anything
   */
  async run(): Promise<ShakenHands> {
    const { hello, bytes } = await readClientHello(this.#port);
    const offer = new ClientOffer(hello, this.#options, this.#contexts);
    const { upstream: trust = {} } = this.#options;
    const serverName = offer.serverName ?? trust.host ?? "";
    if (serverName === "" && !trust.insecure)
      throw new BridgeFailed({
        code: "no-server-name",
        message: "the client names no server (SNI), so that no certificate can be checked against a name",
      });
    const upstream = this.#options.alone ? undefined : await this.#greet(offer, serverName);
    if (!upstream) this.#leaveUpstream(alone);
    this.#alertAt("client-hello");

    const hellos = [bytes];
    let retryGroup: number | undefined;
    await this.#orAlone(async () => {
      while (upstream) {
        const progress = await takeFrom(this.#port, "server", (record) => upstream.take(record));
        if (progress.kind === "answered") break;
        if (progress.kind === "retry" && (this.#options.lockstep ?? true))
          retryGroup = await this.#retryToo(offer, serverName, hellos, progress.group);
      }
    });
    this.#checkProtocol(offer, upstream);
    const choice =
      upstream && !this.#loss ? choiceOf(upstream) : ownChoice(offer, this.#options.preferredAlone?.());
    const groups = retryGroup === undefined ? offer.groups : [retryGroup];
    const client = await this.#clientEnd(offer, choice, serverName, groups);
    this.#client = client;
    const flight = await this.#flightFor(client, offer, hellos);
    this.#alertInFlight(client, flight);
    client.sendFlight(flight);

    let lastFlight: Uint8Array | undefined;
    while (lastFlight === undefined)
      lastFlight = await takeFrom(this.#port, "client", (record) => client.take(record));
    // The client must not get our Finished before we know whom it would talk to.
    await this.#orAlone(async () => {
      let isVerified = choice.version === "TLSv1.3" || this.#loss !== undefined;
      while (upstream && !isVerified)
        isVerified =
          (await takeFrom(this.#port, "server", (record) => upstream.take(record))).kind === "done";
    });
    client.sendLastFlight(lastFlight);
    this.#alertAt("established");
    const { version, alpnProtocol } = choice;
    const shared = this.#loss ? undefined : upstream;
    const shaken: ShakenHands = {
      session: {
        serverName,
        version,
        client: { cipherSuite: client.hello.suite.cipherSuite, alpnProtocol },
        server: shared && { cipherSuite: shared.hello.suite.cipherSuite, alpnProtocol },
        upstreamFailure: this.#loss,
      },
      client: { opener: client.opener(), sealer: required(client.sealer()) },
      server: shared && { opener: shared.opener(), sealer: required(shared.sealer()) },
    };
    this.release();
    return shaken;
  }

  /** Whether the upstream was left because it has no application protocol of the client's. */
  get hasOtherProtocol(): boolean {
    return this.#hasOtherProtocol;
  }

  /** The alert as a record for that peer, encrypted as it has to be at this moment; none before our ClientHello. */
  alertRecord(to: BridgeSide, alert: Alert): Uint8Array | undefined {
    if (to === "server" && this.#upstream === undefined) return undefined;
    return alertRecord(alert, to === "client" ? this.#client?.sealer() : this.#upstream?.sealer());
  }

  /** Frees OpenSSL's objects. */
  release(): void {
    this.#upstream?.release();
    this.#client?.release();
  }

  /** Says our ClientHello to the upstream. */
  async #greet(offer: ClientOffer, host: string): Promise<UpstreamEnd> {
    const upstream = new UpstreamEnd({
      offer,
      host,
      trust: this.#options.upstream ?? {},
      contexts: this.#contexts,
      send: (reply) => this.#port.send("server", reply),
    });
    this.#upstream = upstream;
    await upstream.start();
    return upstream;
  }

  #leaveUpstream(why: BridgeFailure): void {
    this.#loss = why;
    this.#upstream?.release();
    this.#upstream = undefined;
    this.#port.leaveUpstream();
  }

  /** Does what the upstream is needed for, or finds that there is none and lets the client's handshake go on. */
  async #orAlone(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!this.#options.withoutUpstream || !(error instanceof BridgeFailed)) throw error;
      const { failure } = error;
      this.#hasOtherProtocol = this.#options.withoutSharedProtocol === true && refusesProtocol(failure);
      const isNone = failure.code === "upstream-unreachable" || failure.code === "upstream-untrusted";
      if (!isNone && !this.#hasOtherProtocol) throw error;
      const alert = failureAlerts(failure, false).server;
      const record = alert && this.alertRecord("server", alert);
      if (record) this.#port.send("server", record);
      this.#leaveUpstream(failure);
    }
  }

  /** An upstream that chooses no protocol speaks HTTP/1.1, which a client of `h2` alone does not have. */
  #checkProtocol({ protocols }: ClientOffer, upstream: UpstreamEnd | undefined): void {
    const { withoutUpstream, withoutSharedProtocol } = this.#options;
    if (!withoutUpstream || !withoutSharedProtocol || !upstream || this.#loss) return;
    if (upstream.alpnProtocol !== undefined || protocols[0] !== "h2" || protocols.length > 1) return;
    this.#hasOtherProtocol = true;
    this.#leaveUpstream(otherProtocol);
  }

  /** Makes the client send another ClientHello, so that ours for the upstream can leave with it. */
  async #retryToo(
    offer: ClientOffer,
    serverName: string,
    hellos: Uint8Array[],
    wished: number,
  ): Promise<number> {
    const group = offer.retryGroup(wished);
    if (group === undefined)
      throw new BridgeFailed({
        code: "retry-impossible",
        message: "the upstream wants another ClientHello, and the client has shares of all its groups",
      });
    const retry: Choice = { version: "TLSv1.3", alpnProtocol: undefined };
    const retrying = await this.#clientEnd(offer, retry, serverName, [group]);
    // Only its HelloRetryRequest is used. It depends on nothing but the hello, version, suites and group, so that the
    // end that serves the client in the end, when ALPN is known, says the same.
    try {
      const { bytes } = await retrying.answer(hellos[0]!);
      this.#port.send("client", bytes);
    } finally {
      retrying.release();
    }
    hellos.push((await readClientHello(this.#port, offer)).bytes);
    return group;
  }

  /** Our end toward the client, with an identity for what it is served with. */
  async #clientEnd(
    offer: ClientOffer,
    { version, alpnProtocol }: Choice,
    serverName: string,
    groups: readonly number[],
  ): Promise<ClientEnd> {
    const { keyType, suites } = offer.serving(version);
    const identity = await this.#options.identityFor({ serverName, keyType });
    return new ClientEnd({
      identity,
      version,
      suites,
      groups,
      protocol: alpnProtocol,
      hasEarlyData: offer.hasEarlyData,
      hasFragmentLimit: offer.hasFragmentLimit,
      recordSizeLimit: offer.recordSizeLimit,
      contexts: this.#contexts,
      send: (bytes) => this.#port.send("client", bytes),
    });
  }

  /** Our flight for the client, with a HelloRetryRequest and a second ClientHello before it where that is needed. */
  async #flightFor(client: ClientEnd, offer: ClientOffer, hellos: Uint8Array[]): Promise<Uint8Array> {
    const first: HelloAnswer = await client.answer(hellos[0]!);
    if (!first.isRetry) return first.bytes;
    if (hellos.length === 1) {
      this.#port.send("client", first.bytes);
      hellos.push((await readClientHello(this.#port, offer)).bytes);
    }
    return (await client.answer(hellos[1]!)).bytes;
  }

  #alertAt(at: HandshakeAlert["at"]): void {
    const alert = this.#options.handshakeAlert;
    if (alert?.at !== at) return;
    const record = this.alertRecord("client", alert);
    if (record !== undefined) this.#port.send("client", record);
    if (alert.level !== AlertLevel.warning) throw alertSent(alert);
  }

  #alertInFlight(client: ClientEnd, flight: Uint8Array): void {
    const alert = this.#options.handshakeAlert;
    if (alert?.at !== "server-hello") return;
    if (client.hello.version === "TLSv1.2") {
      this.#alertAt("server-hello");
      return;
    }
    // TLS 1.3 goes by the description: nobody goes on behind an alert, whatever its level.
    this.#port.send("client", client.helloAndAlert(flight, encodeAlert(alert)));
    throw alertSent(alert);
  }
}

/** Where no upstream is wanted. */
const alone: BridgeFailure = {
  code: "upstream-unreachable",
  message: "no upstream is wanted",
  reason: "ALONE",
};

/** Where the upstream has no protocol of the client's. */
const otherProtocol: BridgeFailure = {
  code: "no-common-protocol",
  message: "the upstream chooses no application protocol, and the client has h2 alone",
};

function refusesProtocol(failure: BridgeFailure): boolean {
  return failure.code === "upstream-alert" && failure.description === AlertDescription.noApplicationProtocol;
}

/** What the client is to be served with. */
interface Choice {
  readonly version: BridgeVersion;
  readonly alpnProtocol: string | undefined;
}

function choiceOf({ hello, alpnProtocol }: UpstreamEnd): Choice {
  return { version: hello.version, alpnProtocol };
}

/** What we choose where there is no upstream: the newest version, and the protocol that the client would like best. */
function ownChoice(
  { versions: [version = "TLSv1.3"], protocols }: ClientOffer,
  preferred: string | undefined,
): Choice {
  const hasPreferred = preferred !== undefined && protocols.includes(preferred);
  return { version, alpnProtocol: hasPreferred ? preferred : protocols[0] };
}

function alertSent({ level, description }: HandshakeAlert): BridgeFailed {
  const name = alertDescriptionName(description) ?? description;
  return new BridgeFailed({ code: "alert-sent", message: `sent the alert ${name}`, level, description });
}

function required(sealer: RecordSealer | undefined): RecordSealer {
  if (sealer === undefined) throw new Error("both handshakes are done, and nothing seals");
  return sealer;
}
