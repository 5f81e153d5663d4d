/** Clients that need nothing but Node and curl, through the reference host; `npm run interop` has the others. */
import { startFaultHost } from "@faultwire/fault-host";
import { describe } from "vitest";
import { curl } from "../suite/intercept/clients/curl.ts";
import { anthropicStream, nodeClients } from "../suite/intercept/clients/node-clients.ts";
import { interceptsThrough } from "../suite/intercept/intercepts.ts";
import { streamsThrough } from "../suite/intercept/streams.ts";
import type { StartHost } from "../suite/start-host.ts";

const startHost: StartHost = (plugins) => startFaultHost({ plugins, proxyPort: 0 });

/** All of it takes 20 s on an idle machine; some of it as long as that where others work, too. */
const options = { timeout: 180_000 };

describe.concurrent("requests", options, () => interceptsThrough(startHost, [curl, ...nodeClients]));
describe.concurrent("streams", options, () => streamsThrough(startHost, [anthropicStream]));
