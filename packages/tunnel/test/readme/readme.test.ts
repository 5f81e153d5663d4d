import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FaultPolicy } from "@faultwire/fault-session";
import { expect, it } from "vitest";
import { Tunnels } from "../../src/index.ts";

const answers: (string | undefined)[] = [];
const events: string[] = [];

// Between the marks: the README's example, word for word.
function example(): () => void {
  // <example>
  const policy: FaultPolicy = {
    isTarget: (host) => host === "api.anthropic.com",
    connection: ({ host }) => ({ facts: { connection: "1", client: "me", host }, decision: null }),
    request: () => ({ kind: "none", rule: null }),
    record: (event) => events.push(event.type),
  };
  const tunnels = new Tunnels({
    policy,
    timers: {
      now: () => performance.now(),
      after: (delayMs, action) => {
        const timer = setTimeout(action, delayMs);
        return () => clearTimeout(timer);
      },
    },
    userAgent: "example/1.0",
    registeredSides: () => ["server", "client"],
    onEvent: (event) => events.push(event.type),
  });

  // One call of the host: bytes that it has read from the client. The answer goes back to the host.
  const chunk = new TextEncoder().encode("hello, not TLS and not HTTP");
  const cancelled = tunnels.handle({ id: "tunnel-1", side: "client", kind: "read", chunk }, (answer) =>
    answers.push(answer.action.case),
  );
  // </example>
  return cancelled;
}

it("the README's example runs as it says", () => {
  const cancelled = example();
  expect(answers).toEqual(["replace"]);
  cancelled();
  expect(events).toEqual(["detected", "unread", "unread", "closed"]);

  const plain = (text: string): string => text.replaceAll(/\s+/g, " ");
  const readme = plain(readFileSync(join(import.meta.dirname, "../../README.md"), "utf8"));
  const source = readFileSync(import.meta.filename, "utf8");
  const code = source.slice(source.indexOf("<example>") + 9, source.indexOf("// </example>"));
  expect(readme).toContain(plain(code).trim());
});
