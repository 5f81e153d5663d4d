/** What a program says itself of an operation: written into the log, or refused with a reason. */
import type { EngineEvent } from "@faultwire/fault-engine";
import { describe, expect, it } from "vitest";
import { outcomePath, outcomeRoute } from "../../src/stack/outcome-route.ts";

function route() {
  const events: EngineEvent[] = [];
  const policy = { record: (event: EngineEvent) => void events.push(event) };
  const made = outcomeRoute({ policy, clock: { now: () => 42 } } as never);
  const says = (body: string, headers: readonly (readonly [string, string])[] = []) => {
    const response = made.handle({ headers, body: new TextEncoder().encode(body) } as never);
    return response as { status: number; headers: unknown; body: Uint8Array };
  };
  return { made, events, says };
}

describe("a program's word", () => {
  it("is taken by POST at one path, up to 16 KiB", () => {
    const { made } = route();
    expect([made.method, made.path, made.maxBodyBytes]).toEqual(["POST", outcomePath, 16_384]);
    expect(outcomePath).toBe("/outcome");
  });

  it("is written with its time and its operation, and answered with nothing", () => {
    const { events, says } = route();
    const { status, headers, body } = says('{"outcome":"partial","text":"half"}', [
      ["X-Faultwire-Operation", "op 1"],
    ]);
    expect([status, headers, body.length]).toEqual([204, [], 0]);
    expect(events).toMatchObject([
      { type: "outcome", atMs: 42, from: "program", outcome: "partial", operation: "op 1", text: "half" },
    ]);
  });

  it("has the trace of its own request where it names none", () => {
    const { events, says } = route();
    says('{"outcome":"error"}', [["traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"]]);
    expect(events).toMatchObject([{ outcome: "error", trace: "4bf92f3577b34da6a3ce929d0e0e4736" }]);
  });

  it("that is none is refused with the reason, as JSON, and nothing is written", () => {
    const { events, says } = route();
    const { status, headers, body } = says('{"outcome":"done"}');
    expect([status, headers]).toEqual([400, [["content-type", "application/json"]]]);
    const text = new TextDecoder().decode(body);
    expect(JSON.parse(text)).toEqual({
      error: { type: "invalid_outcome", message: expect.stringContaining("complete") },
    });
    expect(text.endsWith("}\n")).toBe(true);
    expect(events).toEqual([]);
  });
});
