/** The headers of docs/faults.md, tried on an answer that has the ones that they change. */
import { readFileSync } from "node:fs";
import { type EngineEvent, explain, parseRuleFile } from "@faultwire/fault-engine";
import { faultyFetch } from "@faultwire/fetch-faults";
import { manualTimers } from "@faultwire/testkit/manual-timers";
import { describe, expect, it } from "vitest";
import { galleryFile } from "../gallery.ts";

const block = /<!-- headers -->\n\n```yaml\n(.*?)```\n\n<!-- end of headers -->/s;
const yaml = block.exec(readFileSync(galleryFile, "utf8"))?.[1] ?? "";
const { ruleSet } = parseRuleFile(yaml, "faults.md");

const upstream = {
  "content-type": "application/json",
  "request-id": "req_1",
  "x-request-id": "req_1",
  "anthropic-ratelimit-requests-remaining": "49",
  "anthropic-ratelimit-tokens-reset": "2031-01-01T00:00:00Z",
};

/** What a caller is to see of each, in the order of the page: headers, `null` for one that is gone, and the status. */
const sees: Readonly<Record<string, readonly [number, Readonly<Record<string, string | null>>]>> = {
  "retry-after-on-a-200": [200, { "retry-after": "30", "request-id": "req_1" }],
  "budget-is-gone-in-words-alone": [
    200,
    { "anthropic-ratelimit-requests-remaining": "0", "anthropic-ratelimit-tokens-remaining": "0" },
  ],
  "reset-in-the-past": [200, { "anthropic-ratelimit-tokens-reset": "2020-01-01T00:00:00Z" }],
  "strange-content-type": [200, { "content-type": "text/plain" }],
  "no-request-id": [200, { "request-id": null, "x-request-id": null, "content-type": "application/json" }],
  "an-error-that-forbids-retries": [529, { "x-should-retry": "false", "request-id": null }],
  "late-and-without-its-id": [200, { "request-id": null }],
};

describe("headers that change", () => {
  it("are each shown on the page, and tried here", () => {
    expect(ruleSet.rules.map(({ name }) => name)).toEqual(Object.keys(sees));
    expect(explain(ruleSet)).toContain(
      "the head of the response says retry-after: 30 in the place of what it said",
    );
  });

  it.each(Object.entries(sees))("%s", async (name, [status, headers]) => {
    const events: EngineEvent[] = [];
    const timers = manualTimers();
    const body = '{"type":"message"}';
    const fetch = faultyFetch(async () => new Response(body, { headers: upstream }), {
      rules: yaml,
      onEvent: (event) => events.push(event),
      clock: { now: timers.now, after: timers.after, wallNow: () => 0 },
    });
    const asked = fetch("https://api.anthropic.com/v1/messages", {
      method: "POST",
      body: "{}",
      headers: { "x-case": String(Object.keys(sees).indexOf(name) + 1) },
    });
    // Its own draw says how late the last one comes.
    const isLate = name.startsWith("late");
    let hasCome = false;
    const arrived = asked.then((response) => {
      hasCome = true;
      return response;
    });
    if (isLate) {
      while (timers.armed === 0) await new Promise((resolve) => setImmediate(resolve));
      timers.advance(999);
      expect(hasCome).toBe(false);
      timers.advance(2001);
    }
    const response = await arrived;
    expect(response.status).toBe(status);
    for (const [header, value] of Object.entries(headers))
      expect([header, response.headers.get(header)]).toEqual([header, value]);
    if (status === 200) expect(await response.text()).toBe(body);
    const told = events.flatMap((event) =>
      event.type === "done" || event.type === "undone" ? [[event.type, event.rule]] : [],
    );
    expect(told).toEqual([["done", name]]);
  });
});
