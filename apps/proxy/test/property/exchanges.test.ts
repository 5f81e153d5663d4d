/** Any faults on any requests of one living connection, through a running proxy. */
import { describeExchanges } from "../../../../packages/fault-session/test/support/describe-exchanges.ts";
import { proxied } from "../support/proxy-link.ts";

describeExchanges(proxied("connect"), { decrypted: 20, plain: 60 });
