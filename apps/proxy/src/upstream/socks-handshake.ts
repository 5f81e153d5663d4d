/** SOCKS 5 as a client speaks it (RFC 1928), with a user and a password where they are known (RFC 1929). */
import { isIP } from "node:net";
import { HeldBytes } from "@faultwire/http1/internal";
import { type Authority, asciiHost } from "./authority.ts";
import { ChainError } from "./chain-error.ts";
import type { HandshakeStep, TunnelHandshake } from "./handshake-step.ts";
import type { UpstreamProxy } from "./upstream-proxy.ts";

const version = 5;
const passwordVersion = 1;
const method = { none: 0, password: 2, noneAcceptable: 0xff } as const;
const addressType = { ipv4: 1, name: 3, ipv6: 4 } as const;

/** RFC 1928 section 6, in words. */
const refusals: Readonly<Record<number, string>> = {
  1: "a general failure",
  2: "that its rules don't allow it",
  3: "that the network can't be reached",
  4: "that the host can't be reached",
  5: "that the connection is refused",
  6: "that the time to live is over",
  7: "that it does not know the command",
  8: "that it does not know such addresses",
};

export class SocksHandshake implements TunnelHandshake {
  readonly hello: Uint8Array;
  readonly #authority: Authority;
  readonly #credentials: UpstreamProxy["credentials"];
  readonly #held = new HeldBytes();
  #next: "method" | "password" | "reply" = "method";

  constructor(authority: Authority, credentials: UpstreamProxy["credentials"]) {
    this.#authority = authority;
    this.#credentials = credentials;
    const methods = credentials ? [method.none, method.password] : [method.none];
    this.hello = Uint8Array.of(version, methods.length, ...methods);
  }

  push(bytes: Uint8Array): HandshakeStep {
    const said = this.#held.join(bytes);
    const [first, second] = said;
    if (first !== undefined && first !== (this.#next === "password" ? passwordVersion : version))
      return broken("it does not speak SOCKS 5");
    if (second === undefined) return this.#wait(said);
    switch (this.#next) {
      case "method":
        return this.#method(second, said.subarray(2));
      case "password":
        if (second !== 0) return denied("it does not take the user and the password");
        return this.#ask(said.subarray(2));
      case "reply":
        return this.#reply(second, said);
      default:
        return this.#next satisfies never;
    }
  }

  #wait(said: Uint8Array): HandshakeStep {
    this.#held.keep(said, 0);
    return { kind: "more" };
  }

  /** Says something, behind which the proxy may have said nothing yet. */
  #say(next: "password" | "reply", say: Uint8Array, rest: Uint8Array): HandshakeStep {
    if (rest.length > 0) return broken("it says more than SOCKS 5 has it say");
    this.#held.take();
    this.#next = next;
    return { kind: "more", say };
  }

  #method(chosen: number, rest: Uint8Array): HandshakeStep {
    if (chosen === method.none) return this.#ask(rest);
    if (chosen !== method.password || !this.#credentials)
      return denied("it asks for a user and a password, or for what is not known here");
    const { user, password } = this.#credentials;
    const [name, secret] = [Buffer.from(user), Buffer.from(password)];
    const say = Uint8Array.of(passwordVersion, name.length, ...name, secret.length, ...secret);
    return this.#say("password", say, rest);
  }

  #ask(rest: Uint8Array): HandshakeStep {
    const { host, port } = this.#authority;
    const address =
      isIP(host) === 4 ? [addressType.ipv4, ...host.split(".").map(Number)] : nameOrGroups(host);
    return this.#say("reply", Uint8Array.of(version, 1, 0, ...address, port >> 8, port & 255), rest);
  }

  #reply(code: number, said: Uint8Array): HandshakeStep {
    if (code !== 0) return refused(`it says ${refusals[code] ?? `reply ${code}`}`, code);
    const [, , , type, length = 0] = said;
    if (type === undefined) return this.#wait(said);
    const size = { [addressType.ipv4]: 4, [addressType.name]: 1 + length, [addressType.ipv6]: 16 }[type];
    if (size === undefined) return broken("it does not speak SOCKS 5");
    const end = 4 + size + 2;
    if (said.length < end) return this.#wait(said);
    return { kind: "open", rest: said.slice(end) };
  }
}

function nameOrGroups(host: string): readonly number[] {
  if (isIP(host) !== 6) {
    const name = Buffer.from(asciiHost(host));
    return [addressType.name, name.length, ...name];
  }
  const [left = "", right] = new URL(`http://[${host}]`).hostname.slice(1, -1).split("::");
  const groups = (text: string): number[] =>
    text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
  const [before, behind] = [groups(left), groups(right ?? "")];
  const all = [...before, ...Array<number>(8 - before.length - behind.length).fill(0), ...behind];
  return [addressType.ipv6, ...all.flatMap((group) => [group >> 8, group & 255])];
}

const broken = (why: string): HandshakeStep => ({
  kind: "refused",
  error: new ChainError("PROXY_BROKEN", why),
});
const denied = (why: string): HandshakeStep => ({
  kind: "refused",
  error: new ChainError("PROXY_AUTH", why),
});
const refused = (why: string, code: number): HandshakeStep => ({
  kind: "refused",
  error: new ChainError("PROXY_REFUSED", why, code === 6 ? 504 : 502),
});
