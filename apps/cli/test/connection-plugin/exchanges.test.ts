/** Any faults on any requests of one living connection that a plugin carries. */
import { describePluginExchanges } from "../../../proxy/test/support/plugin-ways.ts";
import { startPlugin } from "./start-plugin.ts";

describePluginExchanges(startPlugin);
