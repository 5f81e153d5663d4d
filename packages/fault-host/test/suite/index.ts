import { describe } from "vitest";
import { crashes } from "./crashes.ts";
import { forwardRequests } from "./forward-requests.ts";
import { forwardResponses } from "./forward-responses.ts";
import type { HostImplementation } from "./host-under-test.ts";
import { lifeCycle } from "./life-cycle.ts";
import { tcpMappings } from "./tcp-mappings.ts";
import { tunnelEnds } from "./tunnel-ends.ts";
import { tunnelReads } from "./tunnel-reads.ts";
import { tunnelShape } from "./tunnel-shape.ts";
import { tunnelWrites } from "./tunnel-writes.ts";

export type { HostImplementation, HostSetup, HostUnderTest } from "./host-under-test.ts";

/** Every case of the contract in docs/fault-host.md, against one implementation. */
export function hostContract(implementation: HostImplementation): void {
  describe(`the host contract, kept by ${implementation.name}`, () => {
    tunnelShape(implementation);
    tunnelReads(implementation);
    tunnelWrites(implementation);
    tunnelEnds(implementation);
    tcpMappings(implementation);
    forwardRequests(implementation);
    forwardResponses(implementation);
    crashes(implementation);
    lifeCycle(implementation);
  });
}
