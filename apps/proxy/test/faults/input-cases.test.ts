/** Inputs that showed a fault once, played through a running proxy. */
import {
  describeExactCases,
  describeInputCases,
} from "../../../../packages/fault-session/test/support/describe-input-cases.ts";
import { proxied } from "../support/proxy-link.ts";

describeInputCases(proxied("connect"));
describeExactCases(proxied("connect"));
