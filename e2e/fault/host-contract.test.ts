// The reference host's suite against the real binary: what differs here is a defect of the reference host.
import { expect, it } from "vitest";
import { hostContract } from "../../packages/fault-host/test/suite/index.ts";
import { faultVersion, realFaultHost } from "./real-fault-host.ts";

// Outside of a test: without the binary nothing here can run, and one failure says so.
const version = faultVersion();

it("is the version that the contract was read from", () => {
  expect(version).toContain("0.20.24");
});

hostContract(realFaultHost);
