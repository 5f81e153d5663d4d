// The reference host's cases against the real binary: what differs here is a defect of the reference host.
import { hostContract } from "../../packages/fault-host/test/suite/index.ts";
import { realFaultHost } from "./real-fault-host.ts";

hostContract.tunnels(realFaultHost());
