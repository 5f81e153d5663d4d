/** What an upstream says to our own `OPTIONS /` never reaches a client, and no request of the client is answered by it. */
import { describe, expect, it } from "vitest";
import { FaultRig, type Said } from "../../../fault-session/test/support/fault-rig.ts";
import { sampleFaults } from "../../../fault-session/test/support/sample-faults.ts";
import { errorFault, scriptedPolicy } from "../../../fault-session/test/support/scripted-policy.ts";
import { ticks } from "../support/ticks-carrier.ts";
import { TunnelProbe } from "../support/tunnel-probe.ts";

const request = (path: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: api.test\r\nContent-Length: 0\r\n\r\n`;
const head = "HTTP/1.1 404 Not Found\r\nContent-Length: 45\r\n\r\n";
const chunkedHead = "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n";
const exact = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
/** A whole response of 45 bytes, which a client would take for the answer to its next request. */
const crafted = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\ncrafted";
const later = (text: string, afterMs = 1): Said => ({ afterMs, text });

/** What an upstream may say to `OPTIONS /`: an answer that says where it ends, whatever stands in it and in however many pieces. */
const right: Readonly<Record<string, readonly Said[]>> = {
  "no body": [exact],
  "a body in the same piece": [`${head}${crafted}`],
  "a body in a piece of its own": [head, later(crafted)],
  "a body a byte at a time": [head, ...crafted.split("").map((text) => later(text))],
  "a body that comes late": [head, later(crafted, 150)],
  "a body that comes very late, half of it": [
    head,
    later(crafted.slice(0, 20), 1500),
    later(crafted.slice(20), 900),
  ],
  "a body in chunks": [`${chunkedHead}2d\r\n${crafted}\r\n0\r\n\r\n`],
  "a body in chunks that come late": [
    chunkedHead,
    later(`2d\r\n${crafted}`, 150),
    later("\r\n0\r\n\r\n", 150),
  ],
  "an interim response ahead of it": [`HTTP/1.1 103 Early Hints\r\n\r\n${head}${crafted}`],
};

/** What an upstream says to `OPTIONS /` that is not one answer in time. */
const wrong: Readonly<Record<string, readonly Said[]>> = {
  "a body whose first bytes alone come": [head, later(crafted.slice(0, 9))],
  "a body that comes too late": [head, later(crafted, 3100)],
  "a body that ends with the connection": ["HTTP/1.1 404 Not Found\r\n\r\n", later(crafted)],
  "a second response": [`${exact}${crafted}`],
  "a second response behind a body": [`${head}${crafted}${crafted}`],
  "one byte more": [`${exact}H`],
  "an empty line more": [`${exact}\r\n`],
  "another protocol": ["HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\ncrafted"],
  "no HTTP": ["220 crafted ESMTP\r\n"],
  "an answer behind which it closes": [
    "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
  ],
  "an answer of HTTP/1.0": ["HTTP/1.0 404 Not Found\r\n\r\n"],
  "an answer that is late": [later(exact, 3100)],
};

/** A connection whose first request fails by rule, with no call left to answer it with but what a question brings. */
async function rigOf(way: "plain" | "decrypted", onQuestion: readonly Said[]): Promise<FaultRig> {
  const rig = new FaultRig({
    carrier: ticks,
    way,
    requests: [errorFault("anthropic/overloaded_error", 1)],
    onQuestion,
    keepsOpen: true,
  });
  await rig.handshake();
  // A call that was kept since the handshake would need no question.
  await rig.run(2100);
  return rig;
}

const answerHead = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
const answerOf = (body: string): string => `${answerHead}${body}`;
const ours = /^HTTP\/1\.1 529 .*\r\n\r\n\{[^{]*\{[^}]*\}[^}]*\}$/s;

describe.each(["plain", "decrypted"] as const)("a question of our own (%s)", (way) => {
  it.each(Object.entries(wrong))("%s: our answer comes whole, and then the end", async (_, onQuestion) => {
    const rig = await rigOf(way, onQuestion);
    rig.send(request("/fails"));
    await rig.runUntil(() => rig.received !== "", 4000);
    await rig.run(30);
    expect(rig.received).toMatch(ours);
    rig.send(request("/next"));
    await rig.runUntil(() => rig.hasEnded, 3500);
    expect(rig.hasEnded).toBe(true);
    expect(rig.received).toMatch(ours);
    expect(rig.upstreamText).not.toContain("/next");
    expect(rig.told("done")).toHaveLength(1);
  });

  it.each(Object.entries(right))(
    "%s: none of it is the client's, and the connection goes on",
    async (_, said) => {
      const rig = await rigOf(way, said);
      rig.send(request("/fails"));
      await rig.run(2);
      rig.send(request("/next"));
      await rig.runUntil(() => /ok$/.test(rig.received), 3000);
      expect(rig.received.replace(answerOf("ok"), "")).toMatch(ours);
      rig.send(request("/after"));
      await rig.runUntil(() => /okok$/.test(rig.received.replaceAll(answerHead, "")), 200);
      expect(rig.received.split(answerOf("ok"))).toEqual([expect.stringMatching(ours), "", ""]);
      expect(rig.hasEnded).toBe(false);
      expect(rig.upstreamRequests.map((text) => text.split(" HTTP")[0])).toEqual([
        "OPTIONS /",
        "POST /next",
        "POST /after",
      ]);
    },
  );

  it("an answer that takes a while keeps the next request back, and does not lose it", async () => {
    const rig = await rigOf(way, [later(exact, 2000)]);
    rig.send(request("/fails"));
    await rig.run(10);
    rig.send(request("/next"));
    await rig.run(1900);
    expect(rig.upstreamText).not.toContain("/next");
    await rig.run(150);
    expect(rig.received).toMatch(/^HTTP\/1\.1 529 .*\}HTTP\/1\.1 200 OK\r\nContent-Length: 2\r\n\r\nok$/s);
    expect(rig.hasEnded).toBe(false);
  });

  it("no answer: the next request does not take its place, and the connection ends", async () => {
    const rig = await rigOf(way, []);
    rig.send(request("/fails"));
    await rig.run(10);
    rig.send(request("/next"));
    await rig.runUntil(() => rig.hasEnded, 3500);
    expect(rig.hasEnded).toBe(true);
    expect(rig.received === "" || ours.test(rig.received)).toBe(true);
    expect(rig.upstreamText).not.toContain("/next");
  });

  it("what the upstream says without being asked, after a question, is not passed on", async () => {
    const rig = await rigOf(way, [exact]);
    rig.send(request("/fails"));
    await rig.runUntil(() => rig.received !== "", 200);
    await rig.run(500);
    if (way === "plain") rig.link.says("server", crafted);
    else rig.tls.upstream.socket.write(crafted);
    await rig.run(50);
    expect(rig.received).toMatch(ours);
    expect(rig.hasEnded).toBe(true);
  });
});

describe("an upstream of HTTPS that closes at our question", () => {
  it.each(["TLSv1.2", "TLSv1.3"] as const)(
    "says so by TLS, and that brings our answer (%s)",
    async (version) => {
      const only = { minVersion: version, maxVersion: version } as const;
      const rig = new FaultRig({
        carrier: ticks,
        way: "decrypted",
        tls: { client: only, upstream: only },
        requests: [errorFault("anthropic/overloaded_error", 1)],
        onQuestion: [null],
      });
      await rig.handshake();
      await rig.run(2100);
      rig.send(request("/fails"));
      await rig.runUntil(() => rig.hasEnded, 500);
      expect(rig.received).toMatch(ours);
      expect(rig.told("done")).toHaveLength(1);
    },
  );
});

describe.each([["server"], ["client"]] as const)("a host that wrapped the %s's side alone", (side) => {
  const tunnelOf = (): TunnelProbe =>
    new TunnelProbe({
      policy: scriptedPolicy({
        request: (number) => (number === 0 ? errorFault("anthropic/overloaded_error", 1) : null),
      }),
      sides: [side],
    });
  const replies: Readonly<Record<string, readonly string[]>> = {
    ...Object.fromEntries(Object.entries(wrong).map(([name, onQuestion]) => [name, onQuestion.map(textOf)])),
    "one byte at a time": `${head}${crafted}`.split(""),
  };

  it.each(Object.entries(replies))("%s: our answer comes whole, and then the end", (_, pieces) => {
    const tunnel = tunnelOf();
    tunnel.says("client", request("/fails"));
    for (const piece of pieces) tunnel.says("server", piece);
    expect(tunnel.take("client")).toMatch(ours);
    tunnel.says("server", crafted);
    expect(tunnel.take("client")).toBe("");
    expect([...tunnel.ended]).toContain("server");
  });

  it("what the client asks behind a question reaches nobody", () => {
    const tunnel = tunnelOf();
    tunnel.says("client", request("/fails"));
    tunnel.says("client", request("/next"));
    tunnel.says("client", request("/half").slice(0, 20));
    expect(tunnel.take("server")).toMatch(/^OPTIONS \/ HTTP\/1\.1\r\n.*\r\n\r\n(\r\n)*$/s);
    tunnel.says("server", exact);
    expect(tunnel.take("client")).toMatch(ours);
  });

  it("an end without an answer passes nothing on either", () => {
    const tunnel = new TunnelProbe({
      policy: scriptedPolicy({ request: () => sampleFaults["connection.reset"] }),
      sides: [side],
    });
    tunnel.says("client", request("/fails"));
    tunnel.says("server", `${head}${crafted}`);
    expect(tunnel.take("client")).toBe("");
  });
});

function textOf(said: Said): string {
  return typeof said === "string" ? said : (said?.text ?? "");
}
