/** Every fault on every way of two sockets. */
import { socketWays } from "../../src/index.ts";
import { describeWays } from "../support/describe-ways.ts";
import { sockets } from "../support/socket-pair.ts";

describeWays(sockets, socketWays);
