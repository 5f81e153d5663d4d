/** A bridge that passes everything on, and what its handler was told. */

import type { TestAuthority } from "@faultwire/testkit/test-authority";
import {
  type BridgeFailure,
  type BridgeSession,
  type BridgeSide,
  TlsBridge,
  type TlsBridgeHandler,
  type TlsBridgeOptions,
} from "../../src/index.ts";

export interface Told {
  session?: BridgeSession;
  failure?: BridgeFailure;
  readonly events: string[];
  readonly clear: Record<BridgeSide, Uint8Array[]>;
}

export const otherSide = (side: BridgeSide): BridgeSide => (side === "client" ? "server" : "client");

/** What tests want to be different. */
export type BridgedOptions = Partial<Omit<TlsBridgeOptions, "handler">> & {
  readonly handler?: Partial<TlsBridgeHandler>;
};

/** A bridge whose identities are that authority's, and which trusts the upstreams that it has issued for. */
export function bridged(
  authority: TestAuthority,
  options: BridgedOptions = {},
): { bridge: TlsBridge; told: Told } {
  const told: Told = { events: [], clear: { client: [], server: [] } };
  const note = (event: string): void => void told.events.push(event);
  const bridge: TlsBridge = new TlsBridge({
    identityFor: async ({ serverName, keyType }) => authority.issue(serverName, keyType),
    upstream: { caPem: [authority.caPem] },
    ...options,
    handler: {
      established(session) {
        note("established");
        told.session = session;
      },
      data(from, plaintext) {
        told.clear[from].push(plaintext);
        bridge.write(otherSide(from), plaintext);
      },
      closeNotify(from) {
        note(`${from} closes`);
        bridge.closeNotify(otherSide(from));
      },
      alert: (from, level, description) => note(`${from} alerts ${level} ${description}`),
      failed(failure) {
        note(failure.code);
        told.failure = failure;
      },
      ...options.handler,
    },
  });
  return { bridge, told };
}
