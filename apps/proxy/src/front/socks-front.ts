/** A client that speaks SOCKS 5 to us (RFC 1928), without authentication: one CONNECT, then it is a tunnel. */
import { isIP } from "node:net";
import { HeldBytes } from "@faultwire/http1/internal";
import { type Authority, parseAuthority } from "../upstream/authority.ts";
import type { Unreachable } from "../upstream/dialler.ts";
import type { FrontConnection } from "./front-connection.ts";
import { openTunnel } from "./tunnel.ts";

/** The first byte of such a client. */
export const socksVersion = 5;
/** Methods of RFC 1928 section 3. */
const method = { none: 0x00, noneAcceptable: 0xff } as const;
/** Replies of RFC 1928 section 6. */
const reply = {
  succeeded: 0,
  notAllowed: 2,
  networkUnreachable: 3,
  hostUnreachable: 4,
  refused: 5,
  commandUnsupported: 7,
  addressUnsupported: 8,
} as const;
const command = { connect: 1 } as const;
const addressType = { ipv4: 1, name: 3, ipv6: 4 } as const;

/** More than the longest greeting (257 bytes) or request (262 bytes). */
const maxBytes = 1024;

export class SocksFront {
  readonly #connection: FrontConnection;
  readonly #held = new HeldBytes();
  #isGreeted = false;
  #isOver = false;

  constructor(connection: FrontConnection) {
    this.#connection = connection;
    connection.hear((bytes) => this.receive(bytes));
  }

  /** Takes what the client says. */
  receive(bytes: Uint8Array): void {
    const said = this.#held.join(bytes);
    let read = 0;
    for (let more = 1; more > 0 && !this.#isOver; read += more) {
      const rest = said.subarray(read);
      more = this.#isGreeted ? this.#request(rest) : this.#greeting(rest);
    }
    if (this.#isOver) return;
    if (said.length - read > maxBytes) this.#refuse("says too much before it says whom it wants");
    else this.#held.keep(said, read);
  }

  /** @returns how many bytes are read. */
  #greeting(said: Uint8Array): number {
    const [, count] = said;
    if (count === undefined || said.length < 2 + count) return 0;
    const methods = said.subarray(2, 2 + count);
    // A password can't be asked for as HTTP does it; where one is needed, nobody comes in this way.
    if (said[0] !== socksVersion || this.#connection.context.auth || !methods.includes(method.none)) {
      this.#refuse(
        "can't be let in without a password by SOCKS",
        Uint8Array.of(socksVersion, method.noneAcceptable),
      );
      return 0;
    }
    this.#isGreeted = true;
    this.#connection.client.write(Uint8Array.of(socksVersion, method.none));
    return 2 + count;
  }

  #request(said: Uint8Array): number {
    const [of, asked, , type, length = 0] = said;
    if (of !== undefined && of !== socksVersion) this.#refuse("does not speak SOCKS 5");
    if (type === undefined || this.#isOver) return 0;
    const size = { [addressType.ipv4]: 4, [addressType.name]: 1 + length, [addressType.ipv6]: 16 }[type];
    if (size === undefined) {
      this.#refuse(`asks for an address of type ${type}`, answer(reply.addressUnsupported));
      return 0;
    }
    const end = 4 + size + 2;
    if (said.length < Math.max(end, 5)) return 0;
    if (asked !== command.connect) {
      this.#refuse(`asks for command ${asked}`, answer(reply.commandUnsupported));
      return 0;
    }
    const authority = readAuthority(said.subarray(4, end), type);
    if (!authority) {
      this.#refuse("asks for a name that is none", answer(reply.addressUnsupported));
      return 0;
    }
    this.#isOver = true;
    this.#connection.greeted();
    const tunnel = { authority, userAgent: undefined, rest: said.slice(end) };
    openTunnel(this.#connection, tunnel, {
      opened: answer(reply.succeeded),
      refused: (_response, code) => answer(code),
      unreachable: (why) => answer(replyOf(why)),
    });
    return end;
  }

  #refuse(why: string, bytes?: Uint8Array): void {
    this.#isOver = true;
    this.#connection.refused(`a client of SOCKS ${why}`);
    this.#connection.sayAndEnd(bytes ?? new Uint8Array(0));
  }
}

/** A reply; the address that we are bound to is nobody's business. */
function answer(code: number): Uint8Array {
  return Uint8Array.of(socksVersion, code, 0, addressType.ipv4, 0, 0, 0, 0, 0, 0);
}

/** @param bytes - Address and port, in the form of `type`. */
function readAuthority(bytes: Uint8Array, type: number): Authority | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const port = view.getUint16(bytes.length - 2);
  const address = bytes.subarray(0, -2);
  if (type === addressType.ipv4) return parseAuthority(`${address.join(".")}:${port}`);
  if (type === addressType.name) {
    const name = String.fromCharCode(...address.subarray(1));
    return parseAuthority(isIP(name) === 6 ? `[${name}]:${port}` : `${name}:${port}`);
  }
  const groups = Array.from({ length: 8 }, (_, at) => view.getUint16(at * 2).toString(16));
  return parseAuthority(`[${groups.join(":")}]:${port}`);
}

function replyOf({ code, status }: Unreachable): number {
  if (status === 403) return reply.notAllowed;
  if (code === "ECONNREFUSED") return reply.refused;
  return code === "ENETUNREACH" ? reply.networkUnreachable : reply.hostUnreachable;
}
