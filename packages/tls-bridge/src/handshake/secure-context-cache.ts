import { constants } from "node:crypto";
import {
  createSecureContext,
  rootCertificates,
  type SecureContext,
  type SecureContextOptions,
} from "node:tls";
import type { BridgeVersion, ServerIdentity } from "../bridge/bridge-peers.ts";
import { tlsBridgeLimits } from "../bridge/tls-bridge-limits.ts";

/** What a context toward the upstream depends on. */
export interface UpstreamContextKey {
  readonly versions: readonly BridgeVersion[];
  /** OpenSSL's list. */
  readonly ciphers: string;
  /** OpenSSL's list; the first gets the key share. */
  readonly groups: string;
  readonly caPem: readonly string[];
  /** Whether keys and digests count that current clients refuse. */
  readonly isWeakTaken: boolean;
}

/** What a context toward the client depends on. */
export interface ClientContextKey {
  readonly identity: ServerIdentity;
  readonly version: BridgeVersion;
  /** OpenSSL's list. */
  readonly ciphers: string;
  /** OpenSSL's list. */
  readonly groups: string;
}

/**
 * 112 bits: RSA of 2048 bits and more, and no SHA-1, in every certificate of a chain and in the handshake. What OpenSSL does
 * without being told differs from version to version.
 */
const currentLevel = "@SECLEVEL=2";
const weakLevel = "@SECLEVEL=0";

const SECLEVEL = /@SECLEVEL=\d/;

/** OpenSSL takes a level only behind some suite of TLS 1.2, which TLS 1.3 alone does not negotiate. */
const FILLER: Readonly<Record<BridgeVersion, string>> = { "TLSv1.2": "", "TLSv1.3": "ALL:" };

/** What is under Node's contexts: not documented, and the same in every version since 0.12. */
interface NativeContext {
  addCACert?(pem: string): void;
}

/**
 * The OpenSSL contexts of many bridges: making one costs a millisecond, keeping it 30 kB, so that those used last are
 * kept, {@link tlsBridgeLimits}`.secureContexts` of them. Identities and lists of certificates are told apart as
 * objects.
 *
 * @example
 * ```ts
 * const contexts = new SecureContextCache();
 * const bridgeFor = (handler: TlsBridgeHandler) => new TlsBridge({ identityFor, contexts, handler });
 * ```
 */
export class SecureContextCache {
  // In the order of use: a Map keeps the order of insertion.
  readonly #contexts = new Map<string, SecureContext>();
  readonly #ids = new WeakMap<object, number>();
  readonly #groups = new Map<string, boolean>();
  #lastId = 0;

  /** Contexts that are kept now. */
  get size(): number {
    return this.#contexts.size;
  }

  /** Whether this Node's OpenSSL has that group, by OpenSSL's name. Which it has depends on version and build. */
  hasGroup(name: string): boolean {
    const known = this.#groups.get(name) ?? canMake({ ecdhCurve: name });
    this.#groups.set(name, known);
    return known;
  }

  /** For a client of the upstream. Sessions are never resumed: each handshake has to be a whole one. */
  forUpstream({ versions, ciphers, groups, caPem, isWeakTaken }: UpstreamContextKey): SecureContext {
    const level = isWeakTaken ? weakLevel : currentLevel;
    const filler = FILLER[versions.includes("TLSv1.2") ? "TLSv1.2" : "TLSv1.3"];
    const key = ["upstream", versions.join(), ciphers, groups, level, caPem.length && this.#idOf(caPem)].join(
      " ",
    );
    return this.#of(key, () =>
      trusting(caPem, {
        minVersion: versions.includes("TLSv1.2") ? "TLSv1.2" : "TLSv1.3",
        maxVersion: versions.includes("TLSv1.3") ? "TLSv1.3" : "TLSv1.2",
        ciphers: `${ciphers}:${filler}${level}`,
        ecdhCurve: groups,
        secureOptions: constants.SSL_OP_NO_TICKET,
      }),
    );
  }

  /** For the server that the client sees: that version and no other. */
  forClient({ identity, version, ciphers, groups }: ClientContextKey): SecureContext {
    const key = ["client", this.#idOf(identity), version, ciphers, groups].join(" ");
    const level = SECLEVEL.exec(identity.ciphers ?? "")?.[0];
    return this.#of(key, () =>
      createSecureContext({
        cert: identity.certificateChainPem,
        key: identity.privateKeyPem(),
        minVersion: version,
        maxVersion: version,
        ciphers: level === undefined ? ciphers : `${ciphers}:${FILLER[version]}${level}`,
        ecdhCurve: groups,
        // OpenSSL's own, as strong as the certificate's key: without them it has no suite with DHE.
        dhparam: "auto",
        secureOptions: constants.SSL_OP_NO_TICKET,
      }),
    );
  }

  #of(key: string, make: () => SecureContext): SecureContext {
    const context = this.#contexts.get(key) ?? make();
    this.#contexts.delete(key);
    this.#contexts.set(key, context);
    if (this.#contexts.size > tlsBridgeLimits.secureContexts)
      for (const oldest of this.#contexts.keys()) {
        this.#contexts.delete(oldest);
        break;
      }
    return context;
  }

  #idOf(object: object): number {
    const id = this.#ids.get(object) ?? ++this.#lastId;
    this.#ids.set(object, id);
    return id;
  }
}

function canMake(options: SecureContextOptions): boolean {
  try {
    createSecureContext(options);
    return true;
  } catch {
    return false;
  }
}

/**
 * A context that trusts Node's roots and those certificates besides. The documented way, `ca`, takes the place of the
 * roots: all of them have to be given again, which takes 50 ms for each context in place of 2, and what the user has
 * told Node to trust (NODE_EXTRA_CA_CERTS, --use-openssl-ca) is lost.
 */
function trusting(caPem: readonly string[], options: SecureContextOptions): SecureContext {
  const context = createSecureContext(options);
  if (caPem.length === 0) return context;
  const native = context.context as NativeContext;
  if (native.addCACert === undefined)
    return createSecureContext({ ...options, ca: [...rootCertificates, ...caPem] });
  for (const pem of caPem) native.addCACert(pem);
  return context;
}
