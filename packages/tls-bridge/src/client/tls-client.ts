/** TLS toward an upstream alone, in memory, for a client that itself speaks in clear. */
import { AlertDescription, AlertLevel, recordLimits } from "@faultwire/tls-parser";
import { BridgeFailed, type BridgeFailure, failureAlerts, failureFrom } from "../bridge/bridge-failure.ts";
import type { BridgeVersion } from "../bridge/bridge-peers.ts";
import { takeFrom } from "../bridge/handshake-port.ts";
import { RecordInbox } from "../bridge/record-inbox.ts";
import { checkTrust, type UpstreamTrust } from "../bridge/tls-bridge-options.ts";
import { alertRecord } from "../handshake/alert-record.ts";
import { SecureContextCache } from "../handshake/secure-context-cache.ts";
import { supportedCurves, supportedSuites } from "../handshake/supported.ts";
import { UpstreamEnd, type UpstreamOffer } from "../handshake/upstream-end.ts";
import { type OptionNames, refuseUnknownOptions } from "../known-options.ts";
import { cipherSuiteProtection } from "../record-protection/record-protection-suite.ts";
import { PeerSession } from "../session/peer-session.ts";

/** Who uses a {@link TlsClient}. Any method may call the client. */
export interface TlsClientHandler {
  /** These bytes go to the upstream. */
  send(bytes: Uint8Array): void;
  /** The upstream is whom it should be, and the handshake is done. Comes once, before any data. */
  established(): void;
  /** Application data, in order; memory of its own. */
  data(plaintext: Uint8Array): void;
  /** The upstream has said by close_notify that it will send no more. */
  closeNotify(): void;
  /**
   * The upstream's stream has ended and it had not said that it would: what it said may be cut off (RFC 8446 section 6.1).
   */
  truncated(): void;
  /**
   * It can't go on. Comes once; an alert for the upstream was sent before, where there is one to be sent. It must not throw:
   * it may be called when nothing of the handler's is under way that could take the error.
   */
  failed(failure: BridgeFailure): void;
}

/** What a {@link TlsClient} is made from. */
export interface TlsClientOptions {
  /** Whom the certificate has to stand for: a name, which is the SNI as well, or an address. */
  readonly host: string;
  /** How the upstream is verified; `host` of it counts for nothing here. */
  readonly trust?: UpstreamTrust;
  /** Application protocols to offer; `["http/1.1"]` unless given. */
  readonly protocols?: readonly string[];
  /** OpenSSL's contexts, to be shared; one of its own unless given. */
  readonly contexts?: SecureContextCache;
  /** Gets what happens in the session. */
  readonly handler: TlsClientHandler;
}

const optionNames: OptionNames<TlsClientOptions> = {
  host: true,
  trust: true,
  protocols: true,
  contexts: true,
  handler: true,
};

const VERSIONS: readonly BridgeVersion[] = ["TLSv1.3", "TLSv1.2"];

/** What we offer where no client's offer is to be followed: all that we can do, but for keys without a curve. */
function ownOffer(host: string, protocols: readonly string[]): UpstreamOffer {
  const suites = [...supportedSuites.keys()].filter(
    (suite) => cipherSuiteProtection(suite) !== undefined && !supportedSuites.get(suite)?.startsWith("DHE-"),
  );
  return {
    serverName: host,
    versions: VERSIONS,
    protocols,
    groups: [...supportedCurves.keys()],
    upstreamSuites: () => suites,
  };
}

/**
 * A client of TLS: bytes of the upstream in, bytes for it out, and what both say in clear. No socket, no timer. OpenSSL does
 * the handshake, which takes turns of the event loop; behind it everything happens within {@link push}.
 *
 * @example
 * ```ts
 * const client = new TlsClient({ host: "api.example.com", handler: { ...ignoring, send: (bytes) => socket.write(bytes) } });
 * socket.on("data", (chunk) => client.push(chunk));
 * client.write(request); // waits for the handshake
 * ```
 */
export class TlsClient {
  readonly #handler: TlsClientHandler;
  readonly #inbox = new RecordInbox(() => {});
  readonly #upstream: UpstreamEnd;
  #state: "handshaking" | "established" | "over" = "handshaking";
  #session: PeerSession | undefined;
  #alpnProtocol: string | undefined;
  /** What is to be said once the handshake is done. */
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #isEndWaiting = false;
  #hasEnded = false;

  /** @throws TlsBridgeError `bad-option` for an option that does not exist. */
  constructor(options: TlsClientOptions) {
    refuseUnknownOptions("TlsClient", options, optionNames);
    checkTrust("TlsClient: trust", options.trust);
    const { host, trust = {}, protocols = ["http/1.1"], contexts, handler } = options;
    this.#handler = handler;
    this.#upstream = new UpstreamEnd({
      offer: ownOffer(host, protocols),
      host,
      trust,
      contexts: contexts ?? new SecureContextCache(),
      send: (bytes) => this.#send(bytes),
    });
    void this.#run();
  }

  /** Whether the handshake is done, and nothing has ended it since. */
  get isEstablished(): boolean {
    return this.#state === "established";
  }

  /** The application protocol that the upstream has chosen, once the handshake is done; `undefined` where it has chosen none. */
  get alpnProtocol(): string | undefined {
    return this.#alpnProtocol;
  }

  /** Bytes that were written and wait for the handshake. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Takes the upstream's next bytes; the memory may be used again afterwards. Never throws for what is in them. */
  push(bytes: Uint8Array): void {
    if (this.#state === "over") return;
    try {
      if (this.#session === undefined || this.#inbox.waitingBytes("server") > 0)
        this.#inbox.push("server", bytes);
      else
        for (const record of this.#inbox.reader("server").push(bytes))
          if (this.isEstablished) this.#session.take(record);
    } catch (error) {
      this.#fail(failureFrom("server", error, "postHandshakeBytes"));
    }
  }

  /** The upstream's stream is over. */
  pushEnd(): void {
    if (this.#state === "over" || this.#hasEnded) return;
    this.#hasEnded = true;
    if (this.#session?.isReadClosed) return;
    if (this.#session) this.#tell(() => this.#handler.truncated());
    else this.lost("it ended the connection during the handshake");
  }

  /** The upstream's connection broke. @param reason - Node's code, or words */
  lost(reason: string): void {
    const message = `the connection to the upstream broke: ${reason}`;
    this.#fail(new BridgeFailed({ code: "connection-lost", message, from: "server", reason }));
  }

  /** Seals application data; before the handshake is done it waits. */
  write(plaintext: Uint8Array): void {
    if (this.#session) {
      this.#session.write(plaintext);
      this.#session.flush();
    } else if (this.#state === "handshaking" && !this.#isEndWaiting) {
      this.#waiting.push(plaintext);
      this.#waitingBytes += plaintext.length;
    }
  }

  /** Tells the upstream that no more comes, behind what was written. */
  closeNotify(): void {
    if (this.#session) this.#session.sendAlert(AlertLevel.warning, AlertDescription.closeNotify);
    else this.#isEndWaiting = true;
  }

  /** Lets go of everything. No method of the handler is called any more. */
  end(): void {
    this.#state = "over";
    this.#letGo();
  }

  async #run(): Promise<void> {
    const upstream = this.#upstream;
    try {
      await upstream.start();
      for (let isDone = false; !isDone; ) {
        const { kind } = await takeFrom(this.#inbox, "server", (record) => upstream.take(record));
        isDone = kind === "done" || (kind === "answered" && upstream.hello.version === "TLSv1.3");
      }
      this.#establish();
    } catch (error) {
      this.#fail(error);
    } finally {
      upstream.release();
    }
  }

  #establish(): void {
    if (this.#state !== "handshaking") return;
    const upstream = this.#upstream;
    const { version } = upstream.hello;
    const sealer = upstream.sealer();
    if (!sealer) throw new Error("the handshake is done, and nothing seals");
    this.#inbox.reader("server").maxFragmentBytes =
      version === "TLSv1.3" ? recordLimits.tls13CiphertextBytes : recordLimits.tls12CiphertextBytes;
    const session = new PeerSession("server", upstream.opener(), sealer, {
      data: (_from, plaintext) => this.#tell(() => this.#handler.data(plaintext)),
      closeNotify: () => this.#tell(() => this.#handler.closeNotify()),
      // A fatal one fails the session, which is told.
      alert() {},
      send: (_to, bytes) => this.#send(bytes),
    });
    this.#session = session;
    this.#alpnProtocol = upstream.alpnProtocol;
    this.#state = "established";
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const bytes of waiting) session.write(bytes);
    session.flush();
    if (this.#isEndWaiting) this.closeNotify();
    this.#tell(() => this.#handler.established());
    try {
      for (let record = this.#inbox.shift("server"); record; record = this.#inbox.shift("server"))
        if (this.isEstablished) session.take(record);
    } catch (error) {
      throw failureFrom("server", error, "postHandshakeBytes");
    }
  }

  #send(bytes: Uint8Array): void {
    if (this.#state !== "over" && bytes.length > 0) this.#tell(() => this.#handler.send(bytes));
  }

  /** A handler's error must not be taken for the upstream's. */
  #tell(call: () => void): void {
    try {
      call();
    } catch (cause) {
      throw new BridgeFailed({ code: "internal", message: "the handler of TLS has thrown", cause });
    }
  }

  #fail(error: unknown): void {
    if (this.#state === "over") return;
    const failure: BridgeFailure =
      error instanceof BridgeFailed
        ? error.failure
        : {
            code: "internal",
            message: "something unforeseen happened in TLS with the upstream",
            cause: error,
          };
    const alert = failureAlerts(failure, this.isEstablished).server;
    try {
      if (alert && this.#session) this.#session.sendAlert(alert.level, alert.description);
      else if (alert) this.#send(alertRecord(alert, this.#upstream.sealer()));
    } catch {
      // What can't be said any more is the lesser evil: the failure itself has to come through.
    }
    this.#state = "over";
    this.#letGo();
    this.#handler.failed(failure);
  }

  #letGo(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#inbox.close();
    this.#upstream.release();
  }
}
