/** Every fault on every way, through a proxy whose connections a plugin carries. */
import { describePluginWays } from "../../../proxy/test/support/plugin-ways.ts";
import { startPlugin } from "./start-plugin.ts";

describePluginWays(startPlugin);
