/** Faults of TLS on connections inside of which HTTP/2 is spoken: the handshake and the records are the same ones. */
import { describe, expect, it } from "vitest";
import { ask, http2World } from "../support/http2-world.ts";

const world = (fault: string): ReturnType<typeof http2World> =>
  http2World({ rules: `[{ name: rule, fault: { tls: ${fault} } }]` });

describe("a handshake that fails", () => {
  it.each([
    ["{ alert: handshake_failure }", /handshake failure/i],
    ["{ certificate: expired }", /expired/],
    ["{ alpn: { refuse: h2 } }", /no application protocol/i],
  ])("%s", async (fault, message) => {
    const { tls, running } = await world(fault);
    await expect(tls(["h2"])).rejects.toThrow(message);
    await expect.poll(() => running.told("done")).toHaveLength(1);
  });
});

describe("a handshake that is another one", () => {
  it("{ version: { refuse: TLSv1.3 } }", async () => {
    const { tls } = await world("{ version: { refuse: TLSv1.3 } }");
    const socket = await tls(["h2"]);
    expect([socket.getProtocol(), socket.alpnProtocol]).toEqual(["TLSv1.2", "h2"]);
  });

  it("{ cipher: { force: TLS_CHACHA20_POLY1305_SHA256 } }", async () => {
    const { tls } = await world("{ cipher: { force: TLS_CHACHA20_POLY1305_SHA256 } }");
    const socket = await tls(["h2"]);
    expect([socket.getCipher().name, socket.alpnProtocol]).toEqual(["TLS_CHACHA20_POLY1305_SHA256", "h2"]);
  });

  it.each([
    "{ handshakeStall: { at: server-hello, for: 60ms } }",
    "{ handshakeSlow: { bytesPerSecond: 20000 } }",
  ])("%s: late, and HTTP/2 goes on", async (fault) => {
    const { client, running } = await world(fault);
    expect((await ask(await client(["h2"]), {})).body.toString()).toBe("hello");
    await expect.poll(() => running.told("done")).toHaveLength(1);
  });
});

describe("a record that breaks", () => {
  it.each(["badMac", "oversizedRecord", "garbage", "truncate"])("%s: nothing looks whole", async (kind) => {
    const { client, running } = await world(`{ ${kind}: { afterRecords: 1 } }`);
    const got = await ask(await client(["h2"]), {});
    expect([got.body.toString(), got.status !== undefined && got.isWhole]).toEqual(["", false]);
    await expect.poll(() => running.told("done")).toHaveLength(1);
  });
});
