/** Ends on two sockets: whose end it is, how, and what still goes before it. */
import { describe, expect, it } from "vitest";
import { describeEnds } from "../support/describe-ends.ts";
import { post } from "../support/sample-faults.ts";
import { errorFault, scriptedPolicy } from "../support/scripted-policy.ts";
import { SocketPair, sockets } from "../support/socket-pair.ts";

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

describeEnds(sockets);

describe("what is not read", () => {
  it.each(["client", "server"] as const)(
    "is half closed by either peer, and goes on the other way (%s)",
    (from) => {
      const to = from === "client" ? "server" : "client";
      const pair = new SocketPair({ policy: scriptedPolicy() });
      pair.says("client", "\0\0 no protocol");
      pair.ends(from);
      expect([pair.endOf(to), pair.endOf(from)]).toEqual(["fin", undefined]);
      pair.says(to, "still here");
      expect(Buffer.from(pair.got(from)).toString()).toContain("still here");
      expect(pair.isClosed).toBe(false);
      pair.ends(to);
      expect([pair.endOf(from), pair.isClosed]).toEqual(["fin", true]);
    },
  );
});

it("nothing is said to be done that comes behind the client's end", async () => {
  const policy = scriptedPolicy({
    request: (number) => (number === 0 ? null : errorFault("anthropic/api_error")),
  });
  const pair = new SocketPair({ policy });
  pair.says("client", post);
  pair.says("server", ok);
  pair.ends("server");
  expect(pair.endOf("client")).toBe("fin");
  pair.says("client", post);
  pair.ends("client");
  expect(pair.isClosed).toBe(true);
  expect(policy.events.filter(({ type }) => type === "done")).toEqual([]);
  expect(Buffer.from(pair.got("client")).toString()).toBe(ok);
});
