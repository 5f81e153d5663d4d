/**
 * Why an upstream proxy leads nowhere. `PROXY_REFUSED`: it says no. `PROXY_AUTH`: it asks for other credentials.
 * `PROXY_BROKEN`: it does not speak as a proxy. `PROXY_TIMEOUT`: it does not answer in time. `PROXY_UNREACHABLE`: it can't be
 * connected to.
 */
export type ChainErrorCode =
  | "PROXY_REFUSED"
  | "PROXY_AUTH"
  | "PROXY_BROKEN"
  | "PROXY_TIMEOUT"
  | "PROXY_UNREACHABLE";

/** An upstream proxy leads nowhere. The message says why, without any secret. */
export class ChainError extends Error {
  /** The class's name, the same in every copy of the package. */
  override readonly name = "ChainError";
  /** What went wrong, for programs: match this, not the message. */
  readonly code: ChainErrorCode;
  /** What a client gets: 504 where somebody did not answer in time. */
  readonly status: 403 | 502 | 504;

  /** The proxy; empty while it is not known. */
  readonly proxy: string;

  constructor(code: ChainErrorCode, message: string, status: ChainError["status"] = 502, proxy = "") {
    super(message);
    this.code = code;
    this.status = status;
    this.proxy = proxy;
  }

  /** The same, with the proxy's name. */
  through(proxy: string): ChainError {
    return new ChainError(this.code, this.message, this.status, proxy);
  }
}
