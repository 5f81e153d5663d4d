/** Any faults on any requests over any chunking, on two sockets. */
import { describeExchanges } from "../support/describe-exchanges.ts";
import { sockets } from "../support/socket-pair.ts";

describeExchanges(sockets, { decrypted: 20, plain: 60 });
