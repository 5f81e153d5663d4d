import { describe } from "vitest";
import { crashes } from "./crashes.ts";
import { forwardRequests } from "./forward-requests.ts";
import { forwardResponses } from "./forward-responses.ts";
import type { HostImplementation } from "./host-under-test.ts";
import { lifeCycle } from "./life-cycle.ts";
import { tcpMappings } from "./tcp-mappings.ts";
import { tunnelEnds } from "./tunnel-ends.ts";
import { tunnelPace } from "./tunnel-pace.ts";
import { tunnelReads } from "./tunnel-reads.ts";
import { tunnelShape } from "./tunnel-shape.ts";
import { tunnelWrites } from "./tunnel-writes.ts";

export type { HostImplementation, HostSetup, HostUnderTest } from "./host-under-test.ts";

/** The cases, in parts that can run side by side. Together they are the contract in docs/fault-host.md. */
export const hostContract: {
  readonly [part in "tunnels" | "mappingsAndForwardMode" | "lifeCycle"]: (
    implementation: HostImplementation,
  ) => void;
} = {
  tunnels(implementation) {
    describe(`tunnels, by ${implementation.name}`, () => {
      tunnelShape(implementation);
      tunnelReads(implementation);
      tunnelWrites(implementation);
      tunnelPace(implementation);
      tunnelEnds(implementation);
    });
  },
  mappingsAndForwardMode(implementation) {
    describe(`mappings and forward mode, by ${implementation.name}`, () => {
      tcpMappings(implementation);
      forwardRequests(implementation);
      forwardResponses(implementation);
      crashes(implementation);
    });
  },
  lifeCycle(implementation) {
    describe(`the life of plugins, by ${implementation.name}`, () => lifeCycle(implementation));
  },
};
