/** What faults mean for TLS, as values: of a handshake that is ours, of a record, of a connection that stays closed. */
import type { Decision, Fault, FaultKind } from "@faultwire/fault-engine";
import { TlsMemoryPeer } from "@faultwire/testkit/tls-memory-peer";
import { type ClientHello, ClientHelloReader } from "@faultwire/tls-parser";
import { beforeAll, describe, expect, it } from "vitest";
import { bridgeFaultOf, isSpoiledBy, recordFaultOf } from "../../src/tls-faults.ts";
import { strikeOf } from "../../src/tls-strike.ts";
import { isOfBytes, wireMachines } from "../../src/wire-fault.ts";
import { sampleFaults } from "../support/sample-faults.ts";
import { decisionOf } from "../support/scripted-policy.ts";

let hello: ClientHello;
beforeAll(async () => {
  const peer = TlsMemoryPeer.client({
    servername: "api.test",
    ciphers: "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256",
    minVersion: "TLSv1.3",
    ALPNProtocols: ["h2", "http/1.1"],
  });
  const read = new ClientHelloReader().push(await peer.take());
  if (read.status !== "done") throw new Error("no hello");
  hello = read.clientHello;
});

const nobody = (): never => {
  throw new Error("nobody is asked");
};
const of = (fault: Fault | null, more: object = {}) =>
  bridgeFaultOf(fault && decisionOf(fault, 0), hello, { identityFor: nobody, ...more });
const tls = (kind: "version" | "cipher" | "alpn", mode: "force" | "refuse", value: string) =>
  ({ kind: `tls.${kind}`, mode, value }) as Fault;
const refusal = { handshakeAlert: { at: "client-hello", level: 2, description: 120 } };

describe("a handshake of ours", () => {
  it.each([
    [tls("version", "force", "TLSv1.2"), { versions: ["TLSv1.2"] }],
    [tls("version", "refuse", "TLSv1.2"), { versions: ["TLSv1.3"] }],
    [tls("version", "refuse", "1.3"), { versions: ["TLSv1.2"] }],
    [tls("version", "force", "tls 1.3"), { versions: ["TLSv1.3"] }],
    [
      tls("version", "force", "TLSv1.1"),
      { undone: "TLSv1.1 is never spoken here, only TLSv1.2 and TLSv1.3" },
    ],
    [tls("cipher", "force", "TLS_CHACHA20_POLY1305_SHA256"), { cipherSuites: [0x1303] }],
    [tls("cipher", "force", "NO_SUCH"), { undone: "no cipher suite is called NO_SUCH" }],
    [tls("alpn", "refuse", "h2"), refusal],
    [tls("alpn", "refuse", "spdy"), {}],
    [tls("alpn", "force", "spdy"), refusal],
    [tls("alpn", "force", "http/1.1"), {}],
    [
      tls("alpn", "force", "h2"),
      { undone: "inside of an opened connection only http/1.1 is spoken, not h2" },
    ],
    [
      { kind: "tls.alert", description: "unknown_ca", level: "warning", at: "server-hello" } as Fault,
      { handshakeAlert: { at: "server-hello", level: 1, description: 48 } },
    ],
    [sampleFaults["tls.alert"], { handshakeAlert: { at: "server-hello", level: 2, description: 80 } }],
    [sampleFaults["tls.certificate"], { undone: "there is no authority that makes bad certificates" }],
    [sampleFaults["http.error"], {}],
    [null, {}],
  ] as const)("by %j asks for %j", (fault, expected) => {
    expect(of(fault)).toEqual(expected);
  });

  it("without a cipher offers the others, in the client's order", () => {
    const { cipherSuites } = of(tls("cipher", "refuse", "TLS_CHACHA20_POLY1305_SHA256"));
    expect(cipherSuites).toEqual(hello.cipherSuites.filter((suite) => suite !== 0x1303));
    expect(cipherSuites).toContain(0x1301);
  });

  it("has a bad certificate where there is one, and a good one otherwise", async () => {
    const made = { identityFor: () => Promise.resolve("good" as never) };
    const asked: unknown[] = [];
    const bad = of(sampleFaults["tls.certificate"], {
      ...made,
      defectiveIdentityFor: (...given: unknown[]) => {
        asked.push(given);
        return Promise.resolve("bad");
      },
    });
    const request = { serverName: "api.test", keyType: "ec" } as never;
    expect(await bad.identityFor?.(request)).toBe("bad");
    expect(asked).toEqual([["expired", "api.test"]]);
    const none = of(sampleFaults["tls.certificate"], {
      ...made,
      defectiveIdentityFor: () => Promise.resolve(undefined),
    });
    expect(await none.identityFor?.(request)).toBe("good");
  });

  it("is spoiled by a fault where it fails of what the fault may do, and of nothing else", () => {
    const rows: readonly (readonly [FaultKind, string, boolean])[] = [
      ["tls.alert", "alert-sent", true],
      ["tls.alert", "client-alert", true],
      ["tls.alert", "handshake", false],
      ["tls.alpn", "alert-sent", true],
      ["tls.alpn", "client-alert", false],
      ["tls.certificate", "client-rejects-certificate", true],
      ["tls.version", "no-common-version", true],
      ["tls.cipher", "no-common-cipher", true],
      ["tls.cipher", "upstream-certificate", false],
      ["http.error", "client-alert", false],
    ];
    for (const [kind, code, expected] of rows)
      expect(isSpoiledBy(decisionOf(sampleFaults[kind], 0), { code } as never), `${kind} ${code}`).toBe(
        expected,
      );
    expect(isSpoiledBy(null, { code: "client-alert" } as never)).toBe(false);
  });
});

describe("a record of ours", () => {
  it("is what the fault makes of it, behind so many others", () => {
    const done: unknown[] = [];
    const bridge = {
      write: (to: string, bytes: Uint8Array, how: object) => void done.push([to, bytes.length, how]),
      sendRaw: (to: string, bytes: Uint8Array) => void done.push([to, bytes.length, bytes[0]]),
    };
    for (const kind of ["tls.bad-mac", "tls.oversized-record", "tls.garbage", "tls.truncate"] as const) {
      const fault = recordFaultOf(decisionOf(sampleFaults[kind], 0));
      expect([fault?.afterRecords, fault?.isEnd ?? false]).toEqual([1, kind === "tls.truncate"]);
      fault?.strike(bridge as never, new Uint8Array(3));
    }
    // 2^14 and the 2048 bytes by which a record of TLS 1.2 may be longer, and one.
    expect(done).toEqual([
      ["client", 3, { badMac: true }],
      ["client", 18_433, { maxPlaintextBytes: 18_433 }],
      ["client", 64, 0xff],
    ]);
    for (const decision of [null, decisionOf(sampleFaults["http.error"], 0)])
      expect(recordFaultOf(decision)).toBeUndefined();
  });

  it("of garbage is the same for the same decision, and another for another", () => {
    const garbageOf = (number: number): string => {
      let text = "";
      const bridge = { sendRaw: (_: string, bytes: Uint8Array) => (text = bytes.join()) };
      recordFaultOf(decisionOf(sampleFaults["tls.garbage"], number))?.strike(
        bridge as never,
        new Uint8Array(1),
      );
      return text;
    };
    expect(garbageOf(0)).toBe(garbageOf(0));
    expect(garbageOf(0)).not.toBe(garbageOf(1));
    expect(new Set(garbageOf(0).split(",")).size).toBeGreaterThan(20);
  });
});

describe("a connection that stays closed", () => {
  const at = { kind: "moment", moment: "established" } as const;
  const bytes = { kind: "bytes", from: "server", bytes: 4 } as const;
  const closed = "the connection is not opened";
  const alert = { kind: "alert", bytes: Uint8Array.of(21, 3, 3, 0, 2, 2, 80) };
  it.each([
    [
      { kind: "connection.close", at },
      { at: "established", act: { kind: "end", how: "fin" } },
    ],
    [
      { kind: "connection.reset", at },
      { at: "established", act: { kind: "end", how: "reset" } },
    ],
    [{ kind: "connection.close", at: bytes }, null],
    [
      { kind: "connection.stall", at, forMs: null },
      { at: "established", act: { kind: "hold", ms: null } },
    ],
    [{ kind: "connection.stall", at: bytes, forMs: 5 }, null],
    [sampleFaults["tls.handshake-stall"], { at: "server-hello", act: { kind: "hold", ms: 500 } }],
    [sampleFaults["tls.alert"], { at: "server-hello", act: alert }],
    [
      { ...sampleFaults["tls.alert"], level: "warning", description: "unknown_ca" },
      { at: "server-hello", act: { kind: "alert", bytes: Uint8Array.of(21, 3, 3, 0, 2, 1, 48) } },
    ],
    [
      { ...sampleFaults["tls.alert"], at: "established" },
      "the connection is not opened, so nothing can be encrypted",
    ],
    [
      sampleFaults["connect.refuse"],
      "the client has its connection already; only a proxy of our own is asked before that",
    ],
    [sampleFaults["tls.handshake-slow"], null],
    [sampleFaults["connection.latency"], null],
    [sampleFaults["connection.throttle"], null],
    [sampleFaults["connection.slice"], null],
    [sampleFaults["connection.corrupt"], null],
    [sampleFaults["tls.certificate"], closed],
    [sampleFaults["http.error"], closed],
    [sampleFaults["stream.cut"], closed],
  ] as readonly (readonly [Fault, unknown])[])("meets %j as %j", (fault, expected) => {
    expect(strikeOf(fault)).toEqual(expected);
  });
});

describe("a fault of a connection's bytes", () => {
  const ofBytes = [
    "connection.latency",
    "connection.throttle",
    "connection.slice",
    "connection.corrupt",
    "tls.handshake-slow",
  ];
  const decision = (fault: Fault): Decision => decisionOf(fault, 0);

  it("is one of those, or strikes at a byte", () => {
    const kinds = Object.values(sampleFaults).filter((fault) => isOfBytes(decision(fault)));
    expect(kinds.map(({ kind }) => kind).sort()).toEqual([...ofBytes].sort());
    for (const kind of ["connection.close", "connection.reset", "connection.stall"] as const) {
      const fault = { ...sampleFaults[kind], at: { kind: "bytes", from: "client", bytes: 1 } } as Fault;
      expect(isOfBytes(decision(fault))).toBe(true);
      expect(Object.keys(wireMachines(decision(fault), 0))).toEqual(["client"]);
      expect(wireMachines(decision(sampleFaults[kind]), 0)).toEqual({});
    }
  });

  it("has a machine for each direction that it is about", () => {
    const sidesOf = (fault: Fault) => Object.keys(wireMachines(decision(fault), 0)).sort();
    for (const kind of ["connection.throttle", "connection.slice", "connection.corrupt"] as const) {
      expect(sidesOf(sampleFaults[kind])).toEqual(["server"]);
      expect(sidesOf({ ...sampleFaults[kind], from: "client" })).toEqual(["client"]);
      expect(sidesOf({ ...sampleFaults[kind], from: "both" })).toEqual(["client", "server"]);
    }
    const latency = sampleFaults["connection.latency"];
    expect(sidesOf(latency)).toEqual(["server"]);
    expect(sidesOf({ ...latency, per: "connection" })).toEqual(["server"]);
    expect(sidesOf({ ...latency, per: "request" })).toEqual([]);
    expect(sidesOf(sampleFaults["tls.handshake-slow"])).toEqual(["server"]);
    expect(sidesOf(sampleFaults["http.error"])).toEqual([]);
  });

  it("delays a connection from its first byte on, and each chunk by itself", () => {
    const latency = sampleFaults["connection.latency"];
    const once = wireMachines(decision({ ...latency, per: "connection" }), 0).server;
    expect(once?.push(Uint8Array.of(1), 1000)).toEqual([]);
    expect(once?.wakeAtMs).toBe(1200);
    expect(once?.wake(1200)).toHaveLength(1);
    expect(once?.push(Uint8Array.of(2), 1300)).toHaveLength(1);
    const each = wireMachines(decision(latency), 0).server;
    for (const nowMs of [1000, 2000]) {
      expect(each?.push(Uint8Array.of(1), nowMs)).toEqual([]);
      expect(each?.wakeAtMs).toBe(nowMs + 200);
      each?.wake(nowMs + 200);
    }
  });

  it("slows a handshake to so many bytes a second", () => {
    const slow = wireMachines(decision(sampleFaults["tls.handshake-slow"]), 0).server;
    slow?.push(new Uint8Array(2000), 0);
    const passed = (slow?.wake(500) ?? []).reduce(
      (sum, one) => sum + ("bytes" in one ? one.bytes.length : 0),
      0,
    );
    expect(passed).toBeGreaterThan(0);
    expect(slow?.pendingBytes).toBeGreaterThan(900);
    slow?.wake(1000);
    expect(slow?.pendingBytes).toBeLessThan(100);
  });
});
