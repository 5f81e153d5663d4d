/** Who may use the proxy, where not everybody may (RFC 9110 section 11.7, RFC 7617). */
import { createHash, timingSafeEqual } from "node:crypto";
import { type Header, headerValue } from "@faultwire/http1";
import { ProxyError } from "../proxy-error.ts";

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

export class ProxyAuth {
  readonly #expected: Buffer;

  /** @param credentials - `user:password` @throws ProxyError `bad-option` */
  constructor(credentials: string) {
    if (!/^[^:\s]+:\S+$/.test(credentials))
      throw new ProxyError(
        "bad-option",
        "the credentials that the proxy is to ask for have no colon, an empty part, or a space; user:password expected",
      );
    this.#expected = digest(Buffer.from(credentials).toString("base64"));
  }

  /** Whether a request has the user and the password. Takes as long for wrong ones as for right ones. */
  admits(headers: readonly Header[]): boolean {
    const [scheme, token = ""] = (headerValue(headers, "proxy-authorization") ?? "").split(" ");
    return timingSafeEqual(digest(token), this.#expected) && scheme?.toLowerCase() === "basic";
  }
}

/** What asks for them. */
export const challenge: Header = ["proxy-authenticate", 'Basic realm="faultwire"'];
