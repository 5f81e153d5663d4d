/** What a request gets whose upstream can't be reached: an answer that nobody takes for the upstream's, or for a fault. */
import { expect, it } from "vitest";
import { unreachablePlan } from "../../src/http/unreachable-plan.ts";

it("is a 502 of ours, in JSON, that says whom and why, at once, and ends the connection", () => {
  const plan = unreachablePlan('api.test:443: "refused"');
  const { body, ...head } = plan.response;
  expect({ ...plan, response: head }).toEqual({
    kind: "answer",
    response: {
      status: 502,
      headers: [
        ["content-type", "application/json"],
        ["x-faultwire", "upstream-unreachable"],
      ],
    },
    closes: true,
    delay: null,
  });
  expect(new TextDecoder().decode(body)).toBe(
    '{"error":{"type":"upstream_unreachable","message":"api.test:443: \\"refused\\""}}\n',
  );
});
