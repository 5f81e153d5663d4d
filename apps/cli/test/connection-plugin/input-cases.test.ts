/** Inputs that showed a fault once, through a proxy whose connections a plugin carries. */
import { describePluginInputs } from "../../../proxy/test/support/plugin-ways.ts";
import { startPlugin } from "./start-plugin.ts";

describePluginInputs(startPlugin);
