/** A line to a proxy that carries requests for one upstream in absolute form (RFC 9112 section 3.2.2). */

import type { EndKind } from "@faultwire/fault-session";
import {
  encodeHead,
  type Header,
  type InterimResponse,
  type RequestHead,
  RequestReader,
  type ResponseHead,
} from "@faultwire/http1";
import { type Line, type LineEars, silentEars } from "@faultwire/lines";
import { ResponseLine } from "./response-line.ts";

/** What stands in the heads that go to the proxy. */
export interface AbsoluteFormOptions {
  /** `http://HOST:PORT`, before the target. */
  readonly origin: string;
  /** Fields for the proxy, behind the others. */
  readonly headers: readonly Header[];
  /** What became of a connection that could not be opened, in words for clients. */
  readonly failed: (error: Error) => Error;
  /** What a 407 says: the proxy does not take the credentials that stand in `headers`. */
  readonly denied: () => Error;
}

/** A proxy's own answer, and no upstream's (RFC 9110 section 15.5.8). */
const proxyAuthenticationRequired = 407;

export class AbsoluteFormLine extends ResponseLine {
  readonly #options: AbsoluteFormOptions;
  readonly #requests = new RequestReader();
  #isOpaque = false;
  #ears: LineEars = silentEars;

  constructor(line: Line, options: AbsoluteFormOptions) {
    super(line);
    this.#options = options;
  }

  override listen(ears: LineEars): void {
    this.#ears = ears;
    super.listen({ ...ears, failed: (error) => ears.failed?.(this.#options.failed(error)) });
  }

  override write(bytes: Uint8Array): void {
    if (this.#isOpaque) {
      this.line.write(bytes);
      return;
    }
    for (const item of this.#requests.push(bytes))
      this.line.write(item.kind === "head" ? this.#inFull(item) : item.bytes);
  }

  override end(how: EndKind): void {
    this.#becomeOpaque();
    this.line.end(how);
  }

  protected override answered({ status, bytes }: ResponseHead | InterimResponse): Uint8Array | undefined {
    if (status === 101) this.#becomeOpaque();
    if (status !== proxyAuthenticationRequired) return bytes;
    // Passed on, it would ask the client for a password that no proxy of the client's wants.
    this.#ears.failed?.(this.#options.denied());
    this.line.destroy();
    return undefined;
  }

  #inFull({ method, target, version, headers }: RequestHead): Uint8Array {
    const { origin, headers: own } = this.#options;
    this.asks(method);
    const url = target === "*" ? origin : `${origin}${target}`;
    return encodeHead(`${method} ${url} HTTP/${version}`, [...headers, ...own]);
  }

  /** What was kept of a head that is none goes on as it is. */
  #becomeOpaque(): void {
    if (this.#isOpaque) return;
    this.#isOpaque = true;
    for (const { bytes } of this.#requests.becomeOpaque()) this.line.write(bytes);
  }
}
