/** An upstream that speaks behind an answer of ours without being asked: no request of the client is answered by that. */
import { describe, expect, it } from "vitest";
import { FaultRig } from "../../../../packages/fault-session/test/support/fault-rig.ts";
import { errorFault } from "../../../../packages/fault-session/test/support/scripted-policy.ts";
import { proxied } from "../support/proxy-link.ts";

const request = (path: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: api.test\r\nContent-Length: 0\r\n\r\n`;
const crafted = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\ncrafted";
const ours = /^HTTP\/1\.1 529 .*\r\n\r\n\{[^{]*\{[^}]*\}[^}]*\}$/s;

describe.each(["plain", "decrypted"] as const)("behind an answer of ours (%s)", (way) => {
  const rigOf = async (...requests: readonly boolean[]): Promise<FaultRig> => {
    const fault = errorFault("anthropic/overloaded_error", 1);
    const rig = new FaultRig({
      ...{ carrier: proxied("connect"), way, keepsOpen: true },
      requests: requests.map((fails) => (fails ? fault : null)),
    });
    await rig.handshake();
    return rig;
  };
  const upstreamSays = (rig: FaultRig, text: string): void => {
    if (way === "plain") rig.link.says("server", text);
    else rig.tls.upstream.socket.write(text, "latin1");
  };

  it.each([
    ["a whole response", crafted],
    ["a part of one", crafted.slice(0, 4)],
    ["a line of its own", "\r\n"],
  ])("%s that nothing asked for ends the connection, and is told", async (_, said) => {
    // The upstream has been spoken to: in TLS there is one only then.
    const rig = await rigOf(false, true);
    await rig.exchange(request("/passes"));
    const before = rig.received.length;
    await rig.exchange(request("/fails"));
    expect(rig.received.slice(before)).toMatch(ours);
    upstreamSays(rig, said);
    await rig.runUntil(() => rig.hasEnded, 200);
    expect(rig.clientEnd).toBe("fin");
    expect(rig.received.slice(before)).toMatch(ours);
    expect(rig.told("unread")).toMatchObject([{ from: "server", reason: "unsolicited-response" }]);
  });

  it("an answer whose request is still being said comes first", async () => {
    const rig = await rigOf(false, true);
    await rig.exchange(request("/passes"));
    const before = rig.received.length;
    rig.send("POST /fails HTTP/1.1\r\nHost: api.test\r\nContent-Length: 4\r\n\r\nha");
    await rig.run(20);
    upstreamSays(rig, crafted);
    await rig.run(20);
    expect(rig.received.slice(before)).toBe("");
    rig.send("lf");
    await rig.runUntil(() => rig.hasEnded, 200);
    expect(rig.received.slice(before)).toMatch(ours);
    expect(rig.hasEnded).toBe(true);
  });

  it("what was asked for is as ever", async () => {
    const rig = await rigOf(false, true, false, true, false);
    for (const path of ["/a", "/b", "/c", "/d", "/e"]) await rig.exchange(request(path));
    expect(rig.hasEnded).toBe(false);
    expect(rig.received.match(/HTTP\/1\.1 (200|529)/g)).toEqual(
      [200, 529, 200, 529, 200].map((status) => `HTTP/1.1 ${status}`),
    );
  });
});
