/** A line to an upstream that the client knows by another URL: responses that come are turned back, nothing else is touched. */

import { type InterimResponse, RequestReader, type ResponseHead } from "@faultwire/http1";
import type { Line } from "@faultwire/lines";
import { ResponseLine } from "../sockets/response-line.ts";
import { type Alias, aliasHead } from "./alias.ts";

export class AliasLine extends ResponseLine {
  readonly #alias: Alias;
  readonly #requests = new RequestReader();
  /** What was asked for and has no response yet, in order. */
  readonly #targets: string[] = [];

  constructor(line: Line, alias: Alias) {
    super(line);
    this.#alias = alias;
  }

  override write(bytes: Uint8Array): void {
    if (this.isRead)
      for (const item of this.#requests.push(bytes))
        if (item.kind === "head") {
          this.asks(item.method);
          this.#targets.push(item.target);
        }
    this.line.write(bytes);
  }

  protected override answered({ kind, bytes }: ResponseHead | InterimResponse): Uint8Array {
    return kind === "head" ? aliasHead(bytes, this.#alias, this.#targets.shift() ?? "/") : bytes;
  }
}
