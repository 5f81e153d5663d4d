/** A refusal as a host is told of it. */
import { create } from "@bufbuild/protobuf";
import { connectionLimits, type Refuse, RefuseSchema } from "@faultwire/connection-protocol";
import type { RefusalPlan } from "@faultwire/fault-session/internal";

export function refuseMessage(plan: RefusalPlan): Refuse {
  switch (plan.kind) {
    case "answer": {
      const { response, socksReply, afterMs } = plan;
      const value = {
        status: response.status,
        headers: response.headers
          .slice(0, connectionLimits.maxHeaders)
          .map(([name, field]) => ({ name, value: field })),
        body: new Uint8Array(response.body.subarray(0, connectionLimits.maxBytes)),
        socksReply,
        afterMs,
      };
      return create(RefuseSchema, { how: { case: "answer", value } });
    }
    case "unresolved":
      return create(RefuseSchema, {
        how: { case: "unresolved", value: plan.marker === null ? {} : { marker: plan.marker } },
      });
    case "reset":
      return create(RefuseSchema, { how: { case: "reset", value: {} } });
    case "silence":
      return create(RefuseSchema, {
        how: { case: "silence", value: plan.forMs === null ? {} : { forMs: plan.forMs } },
      });
    default:
      return plan satisfies never;
  }
}
