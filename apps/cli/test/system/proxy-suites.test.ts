/** What is shown of tunnels through a host, shown of `faultwire proxy`: faults, bytes that stay whole, times. */
import { describe } from "vitest";
import { faultsThrough } from "../suite/faults.ts";
import { openedThrough } from "../suite/opened.ts";
import { timedThrough } from "../suite/timed.ts";
import { wholenessThrough } from "../suite/wholeness.ts";

describe("faults", () => faultsThrough("proxy"));
// Half of what `npm run interop` does, as through the host; but the proxy fills every buffer on the way in 1.5 s.
describe("opened", () => openedThrough("proxy", { wholeMib: 8, exchanges: 250, unreadMib: 24 }));
describe("times", () => timedThrough("proxy"));
describe("wholeness", () => wholenessThrough("proxy"));
