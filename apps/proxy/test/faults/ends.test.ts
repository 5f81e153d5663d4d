/** Ends on both sides of a running proxy: whose end it is, how, and what still goes before it. */
import { describeEnds } from "../../../../packages/fault-session/test/support/describe-ends.ts";
import { proxied } from "../support/proxy-link.ts";

describeEnds(proxied("connect"));
