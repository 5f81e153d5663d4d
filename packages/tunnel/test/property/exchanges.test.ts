/** Any faults on any requests over any chunking, through tunnels. */
import { describeExchanges } from "../../../fault-session/test/support/describe-exchanges.ts";
import { restingTicks, ticks } from "../support/ticks-carrier.ts";

describeExchanges(ticks, { decrypted: 60, plain: 150 });
describeExchanges(restingTicks, { decrypted: 60, plain: 150 });
