/** Every fault on every way through a running proxy, inside of a tunnel. */
import { socketWays } from "@faultwire/fault-session";
import { describeWays } from "../../../../packages/fault-session/test/support/describe-ways.ts";
import { proxied } from "../support/proxy-link.ts";

describeWays(proxied("connect"), socketWays);
