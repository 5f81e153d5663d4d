/**
 * A client that says in front of all else whom it wants, and waits for no answer: the PROXY protocol, version 2. Faultwire's
 * hook for Node speaks it, because a socket can be led here by it while the program holds the socket already.
 */
import { HeldBytes } from "@faultwire/http1/internal";
import { type Authority, parseAuthority } from "../upstream/authority.ts";
import { knownBy } from "./addressed.ts";
import type { FrontConnection } from "./front-connection.ts";
import { openTunnel } from "./tunnel.ts";

/** The first bytes of such a client (specification, section 2.2). */
const signature = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a);
/** The first byte of such a client. */
export const proxyProtocolByte = 0x0d;
/** Signature, version with command, family, and the length of the rest. */
const fixedBytes = 16;
/** Version 2, command PROXY. */
const proxyCommand = 0x21;
/** Bytes of addresses and ports, by family: TCP over IPv4, TCP over IPv6. */
const addressBytes: Readonly<Record<number, number>> = { 17: 12, 33: 36 };
/** PP2_TYPE_AUTHORITY: the name of the host that the client wants (section 2.2.2). */
const authorityType = 0x02;
/** More than addresses and a name of 255 bytes; a client that says more is refused, so that it fills no memory. */
const maxBytes = 1024;

const nothing = new Uint8Array(0);

export class ProxyProtocolFront {
  readonly #connection: FrontConnection;
  readonly #otherwise: (bytes: Uint8Array) => void;
  readonly #held = new HeldBytes();
  #isOver = false;

  /** @param otherwise - Takes what the client has said where that is no PROXY protocol: HTTP may begin with an empty line. */
  constructor(connection: FrontConnection, otherwise: (bytes: Uint8Array) => void) {
    this.#connection = connection;
    this.#otherwise = otherwise;
    connection.hear((bytes) => this.receive(bytes));
  }

  /** Takes what the client says. */
  receive(bytes: Uint8Array): void {
    if (this.#isOver) return;
    const said = this.#held.join(bytes);
    const read = readHeader(said);
    if (read.kind === "more") {
      this.#held.keep(said, 0);
      return;
    }
    this.#isOver = true;
    if (read.kind === "other") this.#otherwise(said.slice());
    else if (this.#connection.context.auth) this.#refuse("can't be let in, because it can give no password");
    else if (read.kind === "refused") this.#refuse(read.why);
    else this.#open(read.authority, said.slice(read.bytes));
  }

  #open(authority: Authority, rest: Uint8Array): void {
    this.#connection.greeted();
    const known = knownBy(authority, this.#connection.context);
    if (known !== "no") this.#connection.enter({ known, scheme: "http", rest });
    // There is no answer in this protocol: a client whose tunnel does not come about is closed.
    else
      openTunnel(
        this.#connection,
        { authority, userAgent: undefined, rest },
        { opened: nothing, refused: () => undefined, unreachable: () => nothing },
      );
  }

  #refuse(why: string): void {
    this.#connection.refused(`a client of the PROXY protocol ${why}`);
    this.#connection.sayAndEnd(nothing);
  }
}

/** What stands at the front of what a client said. */
type Front =
  | { readonly kind: "more" }
  | { readonly kind: "other" }
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "header"; readonly authority: Authority; readonly bytes: number };

function readHeader(said: Uint8Array): Front {
  if (signature.some((byte, at) => at < said.length && said[at] !== byte)) return { kind: "other" };
  if (said.length < fixedBytes) return { kind: "more" };
  const bytes = fixedBytes + new DataView(said.buffer, said.byteOffset).getUint16(14);
  if (bytes > maxBytes)
    return { kind: "refused", why: `has a header of ${bytes} bytes; at most ${maxBytes} are read` };
  if (said.length < bytes) return { kind: "more" };
  const authority = said[12] === proxyCommand ? readAuthority(said.subarray(0, bytes)) : undefined;
  return authority
    ? { kind: "header", authority, bytes }
    : { kind: "refused", why: "does not say whom it wants by TCP" };
}

/** The host of the authority, or else the destination's address, with the destination's port. */
function readAuthority(header: Uint8Array): Authority | undefined {
  const size = addressBytes[header[13] ?? 0];
  if (size === undefined || header.length < fixedBytes + size) return undefined;
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const port = view.getUint16(fixedBytes + size - 2);
  for (let at = fixedBytes + size; at + 3 <= header.length; ) {
    const end = at + 3 + view.getUint16(at + 1);
    if (end > header.length) return undefined;
    if (header[at] === authorityType)
      return named(String.fromCharCode(...header.subarray(at + 3, end)), port);
    at = end;
  }
  return named(destination(view, size), port);
}

const named = (host: string, port: number): Authority | undefined =>
  parseAuthority(host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`);

/** The destination's address, behind the source's. */
function destination(view: DataView, size: number): string {
  if (size === 12) return Array.from({ length: 4 }, (_, at) => view.getUint8(fixedBytes + 4 + at)).join(".");
  return Array.from({ length: 8 }, (_, at) => view.getUint16(fixedBytes + 16 + at * 2).toString(16)).join(
    ":",
  );
}
