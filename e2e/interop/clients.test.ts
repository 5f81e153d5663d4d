/** Every client through every host: a 429, the upstream's bytes, and both on one connection. */
import { describe } from "vitest";
import { interceptsThrough } from "../../apps/cli/test/suite/intercept/intercepts.ts";
import { clients } from "./clients/index.ts";
import { hosts } from "./hosts.ts";

describe.each(hosts)("through the $name", ({ carriedBy }) => {
  interceptsThrough(carriedBy, clients, ["https", "connection"]);
});
