/** Which connections stay closed for what an upstream once did: no client may close a host for the others. */
import { TlsMemoryPeer } from "@faultwire/testkit/tls-memory-peer";
import { type ClientHello, ClientHelloReader } from "@faultwire/tls-parser";
import { describe, expect, it } from "vitest";
import { Interception, interceptionLimits } from "../../src/index.ts";

const host = "api.test";

async function helloOf(options: Parameters<typeof TlsMemoryPeer.client>[0]): Promise<ClientHello> {
  const peer = TlsMemoryPeer.client({ servername: host, ...options });
  const read = new ClientHelloReader().push(await peer.take());
  if (read.status !== "done") throw new Error("no hello");
  return read.clientHello;
}

function interceptionAt(clock: { nowMs: number }): Interception {
  const nobody = (): never => {
    throw new Error("nobody is asked");
  };
  return new Interception({ identityFor: nobody }, () => clock.nowMs);
}

/** The same offer with other reserved values in it, as browsers draw them anew for each connection. */
const greased = (hello: ClientHello, value: number): ClientHello => ({
  ...hello,
  cipherSuites: [value, ...hello.cipherSuites],
});

describe("an upstream that refuses what a client offers", () => {
  const odd = { ciphers: "ECDHE-RSA-AES128-SHA256", maxVersion: "TLSv1.2" } as const;

  it("stays closed for the same offer alone", async () => {
    const interception = interceptionAt({ nowMs: 0 });
    interception.learn(host, "upstream-refuses", await helloOf(odd));
    expect(interception.obstacle(host, await helloOf(odd))).toBe("upstream-refuses");
    for (const other of [
      {},
      { maxVersion: "TLSv1.2" },
      { ...odd, ciphers: "ECDHE-RSA-AES256-SHA384" },
      { ...odd, ecdhCurve: "X448" },
      { ...odd, sigalgs: "RSA-PSS+SHA512" },
      { ...odd, ALPNProtocols: ["http/1.1"] },
    ] as const)
      expect(interception.obstacle(host, await helloOf(other)), JSON.stringify(other)).toBeUndefined();
    expect(interception.obstacle("other.test", await helloOf(odd))).toBeUndefined();
  });

  it("is the same offer whatever reserved values (RFC 8701) stand in it", async () => {
    const interception = interceptionAt({ nowMs: 0 });
    const hello = await helloOf(odd);
    interception.learn(host, "upstream-refuses", greased(hello, 0x0a0a));
    expect(interception.obstacle(host, greased(hello, 0xfafa))).toBe("upstream-refuses");
    expect(interception.obstacle(host, hello)).toBe("upstream-refuses");
  });

  it("is asked again after a while", async () => {
    const clock = { nowMs: 1000 };
    const interception = interceptionAt(clock);
    const hello = await helloOf(odd);
    interception.learn(host, "upstream-refuses", hello);
    clock.nowMs += interceptionLimits.closedForMs;
    expect(interception.obstacle(host, hello)).toBe("upstream-refuses");
    clock.nowMs += 1;
    expect(interception.obstacle(host, hello)).toBeUndefined();
  });
});

it("an upstream that asks for a client certificate stays closed for everybody", async () => {
  const interception = interceptionAt({ nowMs: 0 });
  interception.learn(host, "asks-for-certificate", await helloOf({}));
  for (const options of [{}, { maxVersion: "TLSv1.2" }] as const)
    expect(interception.obstacle(host, await helloOf(options))).toBe("asks-for-certificate");
});

it("clients that make up offers push out old ones: no more are remembered than the limit says", async () => {
  const interception = interceptionAt({ nowMs: 0 });
  const hello = await helloOf({});
  const { maxClosedHosts } = interceptionLimits;
  for (let at = 0; at <= maxClosedHosts; at++)
    interception.learn(`${at}.test`, "asks-for-certificate", hello);
  expect(interception.obstacle("0.test", hello)).toBeUndefined();
  for (const at of [1, maxClosedHosts])
    expect(interception.obstacle(`${at}.test`, hello)).toBe("asks-for-certificate");
});
