/** Faults of HTTP in clear that comes to the proxy in absolute form or by a base URL, and that a plugin carries. */
import { describePluginFronts } from "../../../proxy/test/support/plugin-ways.ts";
import { startPlugin } from "./start-plugin.ts";

describePluginFronts(startPlugin);
