/** Ends on both sides of a proxy whose connections a plugin carries. */
import { describePluginEnds } from "../../../proxy/test/support/plugin-ways.ts";
import { startPlugin } from "./start-plugin.ts";

describePluginEnds(startPlugin);
