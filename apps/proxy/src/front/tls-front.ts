/**
 * A client that speaks TLS to the port, as if we were the host that it wants: somebody's hosts file, DNS or `--resolve` has led
 * it here. Its ClientHello names that host (SNI). By a name of the proxy's own it means the proxy, as in clear.
 */
import { HeldBytes } from "@faultwire/http1/internal";
import { peekClientHello } from "@faultwire/tls-parser";
import { ClientTlsLine } from "../sockets/client-tls-line.ts";
import { type Authority, parseAuthority } from "../upstream/authority.ts";
import type { Known } from "./addressed.ts";
import type { FrontConnection } from "./front-connection.ts";
import { ownHost } from "./own-routes.ts";
import { openTunnel } from "./tunnel.ts";

/** The first byte of such a client: a record with handshake messages (RFC 8446 section 5.1). */
export const tlsByte = 0x16;
/** A ClientHello is much shorter; a client that says more before its end is refused, so that it fills no memory. */
const maxBytes = 131_072;
const httpsPort = 443;
/** Fatal alerts in clear (RFC 8446 section 6.2): what is wrong with the name, with us, with a message or with how it is written. */
const alert = {
  unrecognizedName: Uint8Array.of(0x15, 3, 3, 0, 2, 2, 112),
  internalError: Uint8Array.of(0x15, 3, 3, 0, 2, 2, 80),
  unexpectedMessage: Uint8Array.of(0x15, 3, 3, 0, 2, 2, 10),
  decodeError: Uint8Array.of(0x15, 3, 3, 0, 2, 2, 50),
} as const;

export class TlsFront {
  readonly #connection: FrontConnection;
  readonly #known: Known;
  readonly #held = new HeldBytes();
  #isOver = false;

  /** @param known - How it is known that the proxy itself is meant, where it is. */
  constructor(connection: FrontConnection, known: Known) {
    this.#connection = connection;
    this.#known = known;
    connection.hear((bytes) => this.receive(bytes));
  }

  /** Takes what the client says. */
  receive(bytes: Uint8Array): void {
    if (this.#isOver) return;
    const said = this.#held.join(bytes);
    const peek = peekClientHello(said);
    if (peek.status === "more" && said.length <= maxBytes) {
      this.#held.keep(said, 0);
      return;
    }
    this.#isOver = true;
    if (peek.status === "done") this.#open(peek.serverName?.toLowerCase().replace(/\.$/, ""), said.slice());
    else {
      const isOther = peek.status === "error" && peek.error.code === "unexpected-message";
      const said = isOther ? alert.unexpectedMessage : alert.decodeError;
      this.#refuse("sends no ClientHello that can be read", said);
    }
  }

  #open(named: string | undefined, said: Uint8Array): void {
    const { context } = this.#connection;
    const { reverse, sniDefault, guard } = context;
    const name = named ?? (this.#known === "no" && !reverse ? sniDefault : undefined);
    const isOwn = this.#known !== "no" || (name !== undefined && (name === ownHost || guard.names.has(name)));
    // A port that stands for one upstream stands for it by whatever name.
    if (isOwn || (reverse && name !== reverse.authority.host)) {
      this.#enter(name ?? "localhost", said);
      return;
    }
    const authority = name === undefined ? undefined : parseAuthority(name, httpsPort);
    if (!authority)
      this.#refuse(
        "names no host (SNI), so that it is not known whom it wants; a name for such clients can be given at the start",
        alert.unrecognizedName,
      );
    else if (context.auth)
      this.#refuse("can't be let in, because it can give no password", alert.internalError);
    else this.#tunnel(reverse?.authority ?? authority, said);
  }

  /** As a tunnel to that host: a target's is opened, any other passes unread. */
  #tunnel(authority: Authority, said: Uint8Array): void {
    this.#connection.greeted();
    openTunnel(
      this.#connection,
      { authority, userAgent: undefined, rest: said },
      { opened: new Uint8Array(0), refused: () => undefined, unreachable: () => alert.internalError },
    );
  }

  /** The proxy itself is meant: TLS ends here, and what is said in it is as what is said in clear. */
  #enter(host: string, said: Uint8Array): void {
    const { interception, contexts } = this.#connection.context;
    const identities = interception?.options;
    if (!identities || identities.permits?.(host) === false) {
      const why = identities
        ? `the CA may have no certificate for it: use plain http, or a CA that is not constrained to other names`
        : `there is no CA: use plain http`;
      this.#refuse(`means the proxy itself as ${host}, and ${why}`, alert.unrecognizedName);
      return;
    }
    const connection = this.#connection;
    const line = new ClientTlsLine(connection.client, {
      identityFor: (request) => identities.identityFor(request),
      issuerKey: identities.issuerKey,
      host,
      contexts,
      onFailed: (failure) => connection.tlsFailed({ host, port: httpsPort }, failure),
      guard: (act) => connection.guard(act),
    });
    const known = this.#known === "no" && host === ownHost ? "own-host" : this.#known;
    connection.enter({ client: line, known, scheme: "https" });
    connection.guard(() => line.receive(said));
  }

  #refuse(why: string, bytes: Uint8Array): void {
    this.#connection.refused(`a client of TLS ${why}`);
    this.#connection.sayAndEnd(bytes);
  }
}
