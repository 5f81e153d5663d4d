/** What is said of a program that was not seen, or went round the proxy. */
import { describe, expect, it } from "vitest";
import { namesByAddress } from "../../src/run/name-addresses.ts";
import { Refusals } from "../../src/run/refusals.ts";
import { roundLine, type SeenAndUnseen, sightingLines } from "../../src/run/tell-sightings.ts";
import type { WentRound } from "../../src/run/went-round.ts";
import { Tally } from "../../src/traffic/tally.ts";

const node: WentRound = {
  pid: 7,
  program: "node",
  protocol: "tcp",
  address: "192.0.2.10",
  port: 443,
};

const lines = (given: Partial<SeenAndUnseen>): string[] =>
  sightingLines({
    tally: new Tally(),
    refusals: [],
    targets: ["api.test"],
    wentRound: [],
    names: new Map(),
    isUnseen: true,
    ...given,
  });

describe("what was not seen", () => {
  it("went round the proxy, by name, with a hint for its runtime", () => {
    const names = new Map([["192.0.2.10", "api.test"]]);
    const found = lines({ wentRound: [node, { ...node, pid: 8 }], names });
    expect(found[0]).toBe("no request to api.test came to the proxy");
    expect(found[1]).toMatch(
      /^went round the proxy: node \(2 processes\) to api\.test \(192\.0\.2\.10:443\); .*agent.*--base-url/,
    );
    for (const [program, hint] of [
      ["python3.12", "trust_env"],
      ["java", "JAVA_TOOL_OPTIONS"],
      ["agent", "ProxyFromEnvironment"],
    ] as const)
      expect(lines({ wentRound: [{ ...node, program }] })[1]).toContain(hint);
  });

  it("is told of QUIC and of IPv6, at once", () => {
    expect(roundLine({ ...node, protocol: "udp", address: "2001:db8::1" })).toBe(
      "goes round the proxy: node (process 7) to [2001:db8::1]:443 by QUIC",
    );
  });

  it("is told that it can't be looked at here", () => {
    expect(lines({ wentRound: undefined }).join("\n")).toMatch(/can't be looked at on this system/);
    expect(lines({}).join("\n")).toMatch(/sent none, or by connections too short to be seen/);
  });

  it("is counted where there is much of it", () => {
    const many = Array.from({ length: 9 }, (_, at) => ({ ...node, port: at + 1 }));
    expect(lines({ wentRound: many })).toContain("4 more went round the proxy");
  });

  it("is nothing where all was seen", () => {
    expect(lines({ isUnseen: false, wentRound: undefined })).toEqual([]);
  });
});

describe("clients that don't trust the CA", () => {
  it("are remembered once each, with what they said", () => {
    const refusals = new Refusals();
    refusals.take({ type: "silent", host: "api.test", client: "a" });
    refusals.take({ type: "untrusted", host: "api.test", client: "a", message: "unknown_ca" });
    refusals.take({ type: "silent", host: "api.test", client: "a" });
    expect(refusals.all).toEqual([{ host: "api.test", client: "a", message: "unknown_ca" }]);
    for (let at = 0; at < 100; at++)
      refusals.take({ type: "silent", host: "api.test", client: `client ${at}` });
    expect(refusals.all).toHaveLength(20);
  });

  it("are not those that have sent requests, and opened a connection more than they used", () => {
    const refusals = new Refusals();
    refusals.take({ type: "silent", host: "api.test", client: "a" });
    refusals.take({ type: "silent", host: "api.test", client: "b" });
    refusals.takeRequest("a");
    expect(refusals.all.map(({ client }) => client)).toEqual(["b"]);
    refusals.take({ type: "untrusted", host: "api.test", client: "a", message: "unknown_ca" });
    expect(refusals.all.map(({ client }) => client)).toEqual(["a", "b"]);
  });
});

describe("names of addresses", () => {
  it("are those of hosts that can be looked up; a name server that is silent is not waited for", async () => {
    const names = await namesByAddress(["a.test", "b.test", "c.test"], (host) => {
      if (host === "a.test") return Promise.resolve([{ address: "192.0.2.1" }, { address: "2001:db8::1" }]);
      if (host === "b.test") return Promise.reject(new Error("ENOTFOUND"));
      return new Promise(() => {});
    });
    expect([...names]).toEqual([
      ["192.0.2.1", "a.test"],
      ["2001:db8::1", "a.test"],
    ]);
  });
});
