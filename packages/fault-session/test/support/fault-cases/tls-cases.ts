/** Faults of TLS: what the client's OpenSSL makes of them, and how the connection ends. */
import type { Fault, TlsPhase, TrafficWay } from "@faultwire/fault-engine";
import { expect } from "vitest";
import { FaultRig, type FaultRigOptions, type Setting } from "../fault-rig.ts";
import { post, sampleFaults } from "../sample-faults.ts";
import { ourAuthority } from "../test-authorities.ts";
import { expectEnd, type FaultCase, tlsWays } from "./fault-case.ts";

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const versions = ["TLSv1.3", "TLSv1.2"] as const;
const decrypted: readonly TrafficWay[] = ["decrypted"];

type Tls = NonNullable<FaultRigOptions["tls"]>;

const only = (version: (typeof versions)[number]): Tls => ({
  client: { minVersion: version, maxVersion: version },
  upstream: { minVersion: version, maxVersion: version },
});

/** A connection with a fault, and a request on it where it comes to that. */
async function connectWith(on: Setting, fault: Fault, ms = 150, tls: Tls = {}): Promise<FaultRig> {
  const rig = new FaultRig({ ...on, connection: fault, tls, answer: () => [ok] });
  rig.tls.client.socket.once("secureConnect", () => rig.send(post));
  await rig.run(ms);
  return rig;
}

/** A handshake that the client gives up, with what its OpenSSL calls the reason; the upstream sees no request. */
function refused(rig: FaultRig, code: RegExp): void {
  expect(rig.clientError).toMatch(code);
  expect(rig.received).toBe("");
  expect(rig.upstreamText).toBe("");
  expect(rig.told("done").length).toBe(1);
  expect(rig.told("undone")).toEqual([]);
}

const alertAt = (at: TlsPhase): Fault => ({ ...sampleFaults["tls.alert"], at });

/** Records behind the handshake that go before the broken one. */
const recordFaults = ["tls.bad-mac", "tls.oversized-record", "tls.garbage"] as const;
const recordErrors = {
  "tls.bad-mac": /BAD_RECORD_MAC|DECRYPTION_FAILED|CIPHER_OPERATION_FAILED/,
  "tls.oversized-record": /TOO_LONG|TOO_LARGE|DATA_LENGTH/,
  "tls.garbage": /WRONG_VERSION|UNEXPECTED|BAD_RECORD|RECORD_TYPE|LENGTH/,
} as const;

export const tlsCases: readonly FaultCase[] = [
  ...(["client-hello", "server-hello"] as const).map(
    (at): FaultCase => ({
      kind: "tls.alert",
      does: `refuses the client by that alert at ${at}`,
      ways: tlsWays,
      async run(on) {
        for (const version of versions)
          refused(await connectWith(on, alertAt(at), 150, only(version)), /ALERT_INTERNAL_ERROR/);
      },
    }),
  ),
  {
    kind: "tls.alert",
    does: "sends it encrypted behind the handshake",
    ways: decrypted,
    async run(on) {
      for (const version of versions) {
        const rig = await connectWith(on, alertAt("established"), 200, only(version));
        expect(rig.clientError).toMatch(/ALERT_INTERNAL_ERROR/);
        expect([rig.received, rig.upstreamText]).toEqual(["", ""]);
        expect(rig.told("done").length).toBe(1);
      }
    },
  },
  {
    kind: "tls.alert",
    does: "can't be sent in clear behind the handshake, and that is told",
    ways: ["opaque"],
    async run(on) {
      const rig = await connectWith(on, alertAt("established"));
      expect(rig.received).toBe(ok);
      expect(rig.told("undone")[0]?.reason).toMatch(/nothing can be encrypted/);
    },
  },
  {
    kind: "tls.certificate",
    does: "shows a certificate that a correct client refuses, for its own reason",
    ways: decrypted,
    async run(on) {
      const rig = await connectWith(on, sampleFaults["tls.certificate"], 150, {
        intercept: { defectiveIdentityFor: async (_, host) => ourAuthority().issue(host, "ecdsa-p256", -1) },
      });
      refused(rig, /CERT_HAS_EXPIRED/);
    },
  },
  {
    kind: "tls.certificate",
    does: "is told where nobody makes bad certificates, and spoils nothing",
    ways: decrypted,
    async run(on) {
      const rig = await connectWith(on, sampleFaults["tls.certificate"]);
      expect(rig.received).toBe(ok);
      expect(rig.told("undone")[0]?.reason).toMatch(/no authority/);
    },
  },
  {
    kind: "tls.certificate",
    does: "is told as done where the upstream's own certificate was bad only if the client has got the bad one of ours",
    ways: decrypted,
    async run(on) {
      const rig = await connectWith(on, sampleFaults["tls.certificate"], 150, {
        intercept: {
          defectiveIdentityFor: async (_, host) => ourAuthority().issue(host, "ecdsa-p256", -1),
          upstream: { caPem: [] },
        },
      });
      const { needsNoUpstream } = on.carrier;
      expect(rig.clientError).toMatch(needsNoUpstream ? /CERT_HAS_EXPIRED/ : /ALERT_UNKNOWN_CA/);
      expect(rig.told("done").length).toBe(needsNoUpstream ? 1 : 0);
    },
  },
  {
    kind: "tls.version",
    does: "negotiates the other version where the client has it",
    ways: decrypted,
    async run(on) {
      const rig = await connectWith(on, sampleFaults["tls.version"]);
      expect(rig.tls.client.socket.getProtocol()).toBe("TLSv1.2");
      expect(rig.received).toBe(ok);
      expect(rig.told("done").length).toBe(1);
    },
  },
  {
    kind: "tls.version",
    does: "refuses a client that has no other",
    ways: decrypted,
    async run(on) {
      for (const fault of [
        sampleFaults["tls.version"],
        { kind: "tls.version", mode: "force", value: "1.2" } as const,
      ])
        refused(
          await connectWith(on, fault, 150, { client: { minVersion: "TLSv1.3" } }),
          /ALERT_PROTOCOL_VERSION/,
        );
    },
  },
  {
    kind: "tls.version",
    does: "can't be one that is never spoken here, and that is told",
    ways: decrypted,
    async run(on) {
      const rig = await connectWith(on, { kind: "tls.version", mode: "force", value: "TLSv1.1" });
      expect(rig.received).toBe(ok);
      expect(rig.told("undone")[0]?.reason).toMatch(/never spoken here/);
    },
  },
  {
    kind: "tls.cipher",
    does: "negotiates that suite where the client has it",
    ways: decrypted,
    async run(on) {
      const rig = await connectWith(on, sampleFaults["tls.cipher"]);
      expect(rig.tls.client.socket.getCipher().standardName).toBe("TLS_CHACHA20_POLY1305_SHA256");
      expect(rig.received).toBe(ok);
      expect(rig.told("done").length).toBe(1);
    },
  },
  {
    kind: "tls.cipher",
    does: "refuses a client that has no other",
    ways: decrypted,
    async run(on) {
      refused(
        await connectWith(on, sampleFaults["tls.cipher"], 150, {
          client: { minVersion: "TLSv1.3", ciphers: "TLS_AES_128_GCM_SHA256" },
        }),
        /ALERT_HANDSHAKE_FAILURE/,
      );
    },
  },
  {
    kind: "tls.alpn",
    does: "refuses the client's protocol",
    ways: decrypted,
    async run(on) {
      for (const version of versions) {
        const { client, upstream } = only(version);
        refused(
          await connectWith(on, sampleFaults["tls.alpn"], 150, {
            client: { ...client, ALPNProtocols: ["http/1.1"] },
            upstream: { ...upstream, ALPNProtocols: ["http/1.1"] },
          }),
          /NO_APPLICATION_PROTOCOL|ALERT/,
        );
      }
    },
  },
  {
    kind: "tls.alpn",
    does: "can't be forced to what is not spoken here, and that is told",
    ways: decrypted,
    async run(on) {
      const rig = await connectWith(on, { kind: "tls.alpn", mode: "force", value: "h2" }, 150, {
        client: { ALPNProtocols: ["h2", "http/1.1"] },
        upstream: { ALPNProtocols: ["http/1.1"] },
      });
      expect(rig.received).toBe(ok);
      expect(rig.told("undone")[0]?.reason).toMatch(/only http\/1\.1/);
    },
  },
  {
    kind: "tls.handshake-stall",
    does: "lets the handshake stand still for so long, and go on",
    ways: tlsWays,
    async run(on) {
      const rig = await connectWith(on, sampleFaults["tls.handshake-stall"], 400);
      expect(rig.upstreamText).toBe("");
      await rig.run(300);
      expect(rig.received).toBe(ok);
      expect(rig.told("done").length).toBe(1);
    },
  },
  {
    kind: "tls.handshake-slow",
    does: "slows the handshake down, and nothing behind it",
    ways: tlsWays,
    async run(on) {
      const rig = await connectWith(on, sampleFaults["tls.handshake-slow"], 200);
      expect(rig.upstreamText).toBe("");
      await rig.run(800);
      expect(rig.received).toBe(ok);
      const arrivals = await rig.exchange(post, 100);
      expect(arrivals[0]?.atMs).toBeLessThan(50);
      expect(rig.told("done").length).toBe(1);
    },
  },
  ...recordFaults.map(
    (kind): FaultCase => ({
      kind,
      does: "lets so many records through; the client refuses the next, and the connection ends",
      ways: decrypted,
      async run(on) {
        for (const version of versions) {
          const fault: Fault = { ...sampleFaults[kind], afterRecords: 1 };
          const rig = await connectWith(on, fault, 150, only(version));
          expect(rig.received).toBe("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
          expect(rig.clientError).toMatch(recordErrors[kind]);
          expectEnd(rig, "fin");
          expect(rig.told("done").length).toBe(1);
        }
      },
    }),
  ),
  {
    kind: "tls.truncate",
    does: "ends the connection without close_notify behind so many records",
    ways: decrypted,
    async run(on) {
      for (const version of versions)
        for (const afterRecords of [0, 1]) {
          const fault: Fault = { kind: "tls.truncate", afterRecords };
          const rig = await connectWith(on, fault, 150, only(version));
          expect(rig.received).toBe(afterRecords === 0 ? "" : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
          expectEnd(rig, "fin");
          expect(rig.hasCloseNotify).toBe(false);
          expect(rig.told("done").length).toBe(1);
        }
    },
  },
];
