/** The long forms of what `npm test` does in short: 100 MiB in one tunnel, 1,000 connections one after the other, 500 exchanges. */
import { describe } from "vitest";
import { faultsThrough } from "../../apps/cli/test/suite/faults.ts";
import { openedThrough } from "../../apps/cli/test/suite/opened.ts";
import { wholenessThrough } from "../../apps/cli/test/suite/wholeness.ts";
import { hosts } from "./hosts.ts";

const mib = Number(process.env["FAULTWIRE_MIB"] ?? 100);

describe.each(hosts)("through the $name", ({ carriedBy }) => {
  // Each has hooks for its own tests.
  describe("wholeness", () => wholenessThrough(carriedBy, mib));
  describe("faults", () => faultsThrough(carriedBy, 1000));
  describe("opened", () => openedThrough(carriedBy));
});
