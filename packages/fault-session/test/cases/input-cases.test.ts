/** Inputs that showed a fault once, played through two sockets. */
import { describeExactCases, describeInputCases } from "../support/describe-input-cases.ts";
import { sockets } from "../support/socket-pair.ts";

describeInputCases(sockets);
describeExactCases(sockets);
