/** Every fault on every way of a tunnel, held against the tables of the documentation. */
import { describeWays } from "../../../fault-session/test/support/describe-ways.ts";
import { decryptedWay, opaqueWay, plainWay } from "../../src/index.ts";
import { ticks } from "../support/ticks-carrier.ts";

describeWays(ticks, { opaque: opaqueWay, decrypted: decryptedWay, plain: plainWay });
