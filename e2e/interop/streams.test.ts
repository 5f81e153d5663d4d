/** The SDKs through every host, with streams that are cut and streams that end with an error. */
import { describe } from "vitest";
import { streamsThrough } from "../../apps/cli/test/suite/intercept/streams.ts";
import { streamClients } from "./clients/index.ts";
import { hosts } from "./hosts.ts";

describe.each(hosts)("through the $name", ({ carriedBy }) => {
  streamsThrough(carriedBy, streamClients);
});
