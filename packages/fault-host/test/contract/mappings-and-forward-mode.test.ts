// docs/fault-host.md against the reference host; `npm run interop:fault` holds the real binary to the same cases.
import { referenceHost } from "../reference-host.ts";
import { hostContract } from "../suite/index.ts";

hostContract.mappingsAndForwardMode(referenceHost);
