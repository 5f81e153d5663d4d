/** The cases that a session has to pass, through a proxy whose connections a plugin carries. */
import { socketWays } from "@faultwire/fault-session";
import { describe } from "vitest";
import { describeEnds } from "../../../../packages/fault-session/test/support/describe-ends.ts";
import { describeExchanges } from "../../../../packages/fault-session/test/support/describe-exchanges.ts";
import {
  describeExactCases,
  describeInputCases,
} from "../../../../packages/fault-session/test/support/describe-input-cases.ts";
import { describeWays } from "../../../../packages/fault-session/test/support/describe-ways.ts";
import { proxied, type StartPlugin } from "./proxy-link.ts";

/** Every fault on every way, inside of a tunnel. */
export function describePluginWays(startPlugin: StartPlugin): void {
  describeWays(proxied("connect", startPlugin), socketWays);
}

/** Faults of HTTP in clear that comes in absolute form or by a base URL. */
export function describePluginFronts(startPlugin: StartPlugin): void {
  for (const opening of ["absolute", "base-url"] as const)
    describe(opening, () => describeWays(proxied(opening, startPlugin), socketWays, ["plain"]));
}

/** Ends on both sides: whose end it is, how, and what still goes before it. */
export function describePluginEnds(startPlugin: StartPlugin): void {
  describeEnds(proxied("connect", startPlugin));
}

/** Inputs that showed a fault once. */
export function describePluginInputs(startPlugin: StartPlugin): void {
  describeInputCases(proxied("connect", startPlugin));
  describeExactCases(proxied("connect", startPlugin));
}

/** Any faults on any requests of one living connection. */
export function describePluginExchanges(startPlugin: StartPlugin): void {
  describeExchanges(proxied("connect", startPlugin), { decrypted: 5, plain: 15 });
}
