/** A client that pipelines without end: it is read no further than its answers are taken. */
import { describe, expect, it } from "vitest";
import { errorFault, scriptedPolicy } from "../../../fault-session/test/support/scripted-policy.ts";
import { HttpsTunnel } from "../support/https-tunnel.ts";
import { TunnelProbe } from "../support/tunnel-probe.ts";

const slow = "GET /slow HTTP/1.1\r\nHost: api.test\r\n\r\n";
const failing = "GET /a HTTP/1.1\r\nHost: api.test\r\n\r\n";
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const nobody = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";

const policyOf = (): ReturnType<typeof scriptedPolicy> =>
  scriptedPolicy({
    request: (_, { target }) => (target === "/a" ? errorFault("anthropic/overloaded_error") : null),
  });
const count = (text: string, what: string): number => text.split(what).length - 1;

describe("requests without end that a rule answers", () => {
  const requests = 50_000;

  it("are read no further than the limit while one before them is slow", async () => {
    const policy = policyOf();
    const tunnel = new TunnelProbe({ policy });
    tunnel.says("client", slow + failing.repeat(requests));
    await tunnel.run(200);
    expect(tunnel.take("server")).toBe(slow);
    expect(tunnel.isHeld("client")).toBe(true);
    // What one read of the host brings on top of the limit.
    const decided = policy.events.filter(({ type }) => type === "decision").length;
    expect(decided).toBeLessThan(100 + 4096 / failing.length + 1);
  });

  it("are all answered once it is over, in as many reads as it takes", async () => {
    const policy = policyOf();
    const tunnel = new TunnelProbe({ policy });
    const some = 5000;
    tunnel.says("client", slow + failing.repeat(some));
    await tunnel.run(50);
    tunnel.says("server", ok);
    let answers = 0;
    for (let turn = 0; turn < 20_000 && answers < some; turn++) {
      await tunnel.run(1);
      const asked = tunnel.take("server");
      tunnel.says("server", nobody.repeat(count(asked, "OPTIONS / ")));
      answers += count(tunnel.take("client"), "HTTP/1.1 529 ");
    }
    expect(answers).toBe(some);
  }, 60_000);

  it("are read no further than their answers are taken, where the upstream never says anything", async () => {
    const policy = policyOf();
    const tunnel = new TunnelProbe({ policy });
    tunnel.says("client", failing.repeat(requests));
    await tunnel.run(500);
    expect(tunnel.isHeld("client")).toBe(true);
    const decided = policy.events.filter(({ type }) => type === "decision").length;
    // An answer has more than 300 bytes, and a mebibyte of them waits.
    expect(decided).toBeLessThan(4096);
  });

  it("are held back in HTTPS, too", async () => {
    const policy = policyOf();
    const tunnel = new HttpsTunnel({ policy });
    await tunnel.settle();
    tunnel.client.socket.write(slow + failing.repeat(2000));
    await tunnel.settle();
    expect(tunnel.probe.isHeld("client")).toBe(true);
    // A record is decrypted whole.
    const most = 100 + (16_384 + 4096) / failing.length;
    expect(policy.events.filter(({ type }) => type === "decision").length).toBeLessThan(most);
    tunnel.serve(() => nobody);
    tunnel.upstream.socket.write(ok);
    let answers = "";
    for (let turn = 0; turn < 400 && count(answers, " 529 ") < 2000; turn++)
      answers += await tunnel.exchange("", 3);
    expect(count(answers, " 529 ")).toBe(2000);
  }, 60_000);
});

it("a long answer to a request whose body is still to come does not stop the body from being read", async () => {
  const body = "x".repeat(2_000_000);
  const answer = { preset: null, status: 500, message: null, body, headers: [], retryAfterSeconds: null };
  const policy = scriptedPolicy({ request: () => ({ kind: "http.error", answer, delay: null }) });
  const tunnel = new TunnelProbe({ policy });
  const length = 20_000;
  tunnel.says("client", `POST / HTTP/1.1\r\nHost: api.test\r\nContent-Length: ${length}\r\n\r\n`);
  tunnel.says("client", "y".repeat(length));
  await tunnel.run(20);
  tunnel.says("server", nobody);
  await tunnel.run(50);
  expect(tunnel.got("client").length).toBeGreaterThan(body.length);
});
