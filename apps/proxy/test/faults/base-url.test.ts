/** Every fault of HTTP in clear through a running proxy that is asked by a base URL. */
import { socketWays } from "@faultwire/fault-session";
import { describeWays } from "../../../../packages/fault-session/test/support/describe-ways.ts";
import { proxied } from "../support/proxy-link.ts";

describeWays(proxied("base-url"), socketWays, ["plain"]);
