/** A client's line with TLS on it, which the proxy ends under a name of its own: what it says comes in clear. */

import type { EndKind } from "@faultwire/fault-session";
import { type Guard, type Line, type LineEars, silentEars, WrappedLine } from "@faultwire/lines";
import {
  type BridgeFailure,
  type SecureContextCache,
  TlsBridge,
  type TlsBridgeOptions,
} from "@faultwire/tls-bridge";

/** What TLS with a client needs. */
export interface ClientTlsOptions {
  /** Who we are. */
  readonly identityFor: TlsBridgeOptions["identityFor"];
  /** The public key of the CA that signs its certificates. */
  readonly issuerKey: TlsBridgeOptions["issuerKey"];
  /** By which name, where the client says none. */
  readonly host: string;
  readonly contexts: SecureContextCache;
  /** TLS has failed, before or behind the handshake. */
  readonly onFailed: (failure: BridgeFailure) => void;
  readonly guard: Guard;
}

export class ClientTlsLine extends WrappedLine {
  readonly #bridge: TlsBridge;
  readonly #guard: Guard;
  #ears: LineEars = silentEars;
  #peerEnd: EndKind | undefined;
  #hasEnded = false;
  #isAwaited = false;

  /** @param line - The client's. From now on it is this line's. */
  constructor(line: Line, { identityFor, issuerKey, host, contexts, onFailed, guard }: ClientTlsOptions) {
    super(line);
    this.#guard = guard;
    this.#bridge = new TlsBridge({
      identityFor,
      ...(issuerKey ? { issuerKey } : {}),
      upstream: { host },
      contexts,
      // The proxy itself is meant: there is no upstream.
      alone: true,
      handler: {
        established() {},
        data: (_from, plaintext) => this.#ears.data(plaintext),
        closeNotify: () => this.#ended("fin"),
        alert() {},
        failed: (failure) =>
          guard(() => {
            onFailed(failure);
            this.#flush();
            line.end("fin");
            this.#ended("reset");
          }),
      },
    });
    line.listen({
      data: (bytes) => this.receive(bytes),
      ended: (how) => this.#ended(how),
      drained: () => this.#ears.drained(),
      closed: () => {
        this.#bridge.end();
        this.#ears.closed();
        this.#ears = silentEars;
      },
    });
  }

  override get peerEnd(): EndKind | undefined {
    return this.#peerEnd;
  }
  override get hasEnded(): boolean {
    return this.#hasEnded || this.line.hasEnded;
  }

  /** Takes what the client has said on the line. */
  receive(bytes: Uint8Array): void {
    this.#bridge.push("client", bytes);
    this.#flush();
    if (!this.#bridge.isBusy || this.#isAwaited) return;
    this.#isAwaited = true;
    void this.#bridge.idle().then(() => {
      this.#isAwaited = false;
      this.#guard(() => this.#flush());
    });
  }

  override listen(ears: LineEars): void {
    this.#ears = ears;
  }

  override write(bytes: Uint8Array): void {
    if (bytes.length === 0 || this.hasEnded || this.#bridge.state !== "established") return;
    this.#bridge.write("client", bytes);
    this.#flush();
  }

  override end(how: EndKind): void {
    if (this.hasEnded) return;
    this.#hasEnded = true;
    if (how === "fin" && this.#bridge.state === "established") this.#bridge.closeNotify("client");
    this.#flush();
    this.line.end(how);
  }

  override destroy(): void {
    this.#bridge.end();
    this.line.destroy();
  }

  #flush(): void {
    const bytes = this.#bridge.take("client");
    if (bytes.length > 0) this.line.write(bytes);
  }

  #ended(how: EndKind): void {
    if (this.#peerEnd === "reset" || this.#peerEnd === how) return;
    this.#peerEnd = how;
    this.#ears.ended(how);
  }
}
