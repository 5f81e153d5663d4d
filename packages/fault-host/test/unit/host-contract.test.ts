// The cases of docs/fault-host.md against the reference host; `npm run interop:fault` runs the same against the
// real binary.
import { referenceHost } from "../reference-host.ts";
import { hostContract } from "../suite/index.ts";

hostContract(referenceHost);
