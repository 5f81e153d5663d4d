/** Inputs that showed a fault once, as they were: see the folders of `test/cases`. */
import { describe, expect, it } from "vitest";
import { dechunk } from "./fault-cases/fault-case.ts";
import { type InputCaseResult, runInputCase } from "./input-case.ts";
import type { RigCarrier } from "./link.ts";

const bodyOf = (answer = ""): string => dechunk(answer).body;
const outcomesOf = ({ rig }: InputCaseResult): string[] =>
  rig.policy.events.map(({ type }) => type).filter((type) => type === "done" || type === "undone");

/** Defines the tests that every carrier has to pass. */
export function describeInputCases(carrier: RigCarrier): void {
  describe.each([{ tls: true }, { tls: false }])("with %o", (way) => {
    it("reorder changes places with the next event, not with a comment", async () => {
      const result = await runInputCase(carrier, "reorder-swaps-with-comment", way);
      const body = bodyOf(result.answers[0]);
      expect([...body.matchAll(/"content":"([a-zA-Z]+)"/g)].map(([, word]) => word)).toEqual(["lo", "Hel"]);
      expect(body).toContain(": OPENROUTER PROCESSING\n\n");
      expect(outcomesOf(result)).toEqual(["done"]);
    });

    it("OpenAI's end marker can be left out by its name", async () => {
      const result = await runInputCase(carrier, "no-done-marker", way);
      const body = bodyOf(result.answers[0]);
      expect(body).not.toContain("[DONE]");
      expect(body.endsWith('data: {"id":"c","choices":[{"index":0,"delta":{"content":"lo"}}]}\n\n')).toBe(
        true,
      );
      expect(outcomesOf(result)).toEqual(["done"]);
    });

    it("an error event has the user's own data, to the byte", async () => {
      const result = await runInputCase(carrier, "error-event-with-own-data", way);
      expect(bodyOf(result.answers[0])).toBe(
        'event: message_start\ndata: {"type":"message_start"}\n\nevent: error\ndata: {"type":"error"}\n\n',
      );
      expect(outcomesOf(result)).toEqual(["done"]);
    });
  });

  describe.each([{ tls: true }, { tls: false }])("with %o, an answer", (way) => {
    it("of a status without content has none, and the connection stays", async () => {
      const { rig, answers } = await runInputCase(carrier, "status-204", way);
      expect(answers).toEqual(["HTTP/1.1 204 No Content\r\nx-faultwire: x\r\n\r\n"]);
      expect(rig.told("done").length).toBe(1);
      expect(rig.hasEnded).toBe(false);
    });

    it("comes late where a delay stands beside its error", async () => {
      const { rig } = await runInputCase(carrier, "error-after-a-delay", way, 2200);
      expect(rig.received).toMatch(/^HTTP\/1\.1 504 /);
      const [request] = rig.told("request");
      const [response] = rig.told("response");
      expect((response?.atMs ?? 0) - (request?.atMs ?? 0)).toBeGreaterThanOrEqual(2000);
      expect(rig.told("done").length).toBe(1);
    });
  });

  it("values of headers that are no text are refused, each with its place; a list is a field each", async () => {
    const refused = await runInputCase(carrier, "header-values-that-are-no-text").catch(
      (error: unknown) => error,
    );
    expect(String(refused)).toMatch(
      /^.*faults\.yaml:5:75: .*headers\["x-a"\]: found null, .*\n.*5:86: .*headers\["x-b"\]: found an object, .*$/,
    );
  });

  describe("two equal Content-Lengths in a response", () => {
    const name = "silent-after-equal-content-lengths";

    it.each([true, false])("keep no rule from the next request (TLS: %s)", async (tls) => {
      const { rig, answers } = await runInputCase(carrier, name, { tls });
      expect(answers[0]).toBe("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello");
      expect(answers[1]).toMatch(/^HTTP\/1\.1 529 /);
      expect(rig.told("unread")).toEqual([]);
    });
  });

  describe("chunk sizes with spaces behind them", () => {
    const name = "padded-chunk-size-loses-body";

    it.each([true, false])("keep no fault from the body (TLS: %s)", async (tls) => {
      const { rig, answers } = await runInputCase(carrier, name, { tls });
      expect(answers[0]).toContain('data: {"type":"message_start"}\n\n');
      expect(answers[0]).toContain('"delta":{"text":"a"}}\n\n');
      expect(answers[0]).not.toContain("message_stop");
      expect(rig.told("done").length).toBe(1);
      expect(rig.told("undone")).toEqual([]);
    });
  });
}

/** Defines the tests of a carrier that is exact. */
export function describeExactCases(carrier: RigCarrier): void {
  describe.each([true, false])("with sockets (TLS: %s)", (tls) => {
    it("an answer of ours needs nothing of the upstream", async () => {
      const { rig, answers } = await runInputCase(carrier, "plain-injection-upstream-closes-on-question", {
        tls,
      });
      expect(answers[0]).toMatch(/^HTTP\/1\.1 529 /);
      expect(rig.upstreamText).toBe("");
      expect(rig.told("done").length).toBe(1);
    });

    it("a cut behind which the upstream is silent comes at once", async () => {
      const { rig, answers } = await runInputCase(carrier, "cut-then-silence-https", { tls }, 100);
      expect(answers[0]).toContain('"delta":{"text":"a"}}\n\n');
      expect([rig.clientEnd, rig.told("done").length]).toEqual(["reset", 1]);
    });

    it("a reset is a reset", async () => {
      const { rig, answers } = await runInputCase(carrier, "reset-is-a-fin", { tls }, 100);
      expect(answers).toEqual([""]);
      expect(rig.clientEnd).toBe("reset");
      expect(rig.told("done")).toMatchObject([{ fault: "connection.reset" }]);
      expect(rig.told("done")[0]).not.toHaveProperty("instead");
    });
  });
}
