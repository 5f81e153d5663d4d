import type { BridgeFailure } from "@faultwire/tls-bridge";

/** Why there is no TLS with an upstream. */
export class SecureLineError extends Error {
  /** The class's name, the same in every copy of the package. */
  override readonly name = "SecureLineError";
  /** The bridge's code for the failure; `TIMEOUT` for a handshake that took too long. */
  readonly code: BridgeFailure["code"] | "TIMEOUT";

  /** The upstream has none of the application protocols that were offered: it has said `no_application_protocol`. */
  readonly isOtherProtocol: boolean;

  constructor(code: SecureLineError["code"], message: string, isOtherProtocol = false) {
    super(message);
    this.code = code;
    this.isOtherProtocol = isOtherProtocol;
    Object.defineProperty(this, brand, { value: true });
  }

  /** An error that another copy of this package has made is one, too. */
  static override [Symbol.hasInstance](value: unknown): value is SecureLineError {
    if (this !== SecureLineError) return super[Symbol.hasInstance](value);
    return typeof value === "object" && value !== null && brand in value;
  }
}

/** What every copy of this package marks the error with (docs/adr/0035). */
const brand: symbol = /* @__PURE__ */ Symbol.for("@faultwire/lines/SecureLineError");
