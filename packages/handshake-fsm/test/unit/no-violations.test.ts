/** What looks odd, and is allowed: extensions of the protocol, drafts, old peers. */
import { describe, expect, it } from "vitest";
import { follow, path, violations } from "../support/observe.ts";
import type { Sent } from "../support/recorded-handshake.ts";
import {
  alert,
  applicationData,
  certificate,
  certificateRequest,
  changeCipherSpec,
  clientFlight,
  clientHello,
  clientKeyExchange,
  downgraded,
  hello,
  helloRetryRequest,
  message,
  modernHello,
  protectedHandshake,
  say,
  serverFinish,
  serverFlight,
  serverHello,
  serverHelloDone,
  serverKeyExchange,
  tls12,
  tls13ServerHello,
} from "../support/wire.ts";

describe("what is no violation", () => {
  const version = (number: number) =>
    clientHello({ extensions: [{ type: 43, kind: "supportedVersions", versions: [number, 0x0303] }] });
  const chosen = (number: number) =>
    tls13ServerHello(0x1301).extensions!.map(
      () => ({ type: 43, kind: "supportedVersions", selectedVersion: number }) as const,
    );
  const draftHello = (number: number) =>
    serverHello({ legacyVersion: number, cipherSuite: 0x1301, extensions: [] });
  const draftRetry = (number: number) =>
    ({
      ...helloRetryRequest,
      legacyVersion: number,
      legacySessionIdEcho: new Uint8Array(0),
      extensions: [],
    }) as const;
  const rest = [applicationData("server", 900), applicationData("client", 53), applicationData("client")];

  it.each([0x7f1c, 0x7f17, 0x7f16, 0xfb1a, 0xfb17, 0x7e01, 0x7e02])(
    "TLS 1.3 by the number of a draft or experiment: %i",
    (number) => {
      const recording = [
        ...say("client", version(number)),
        ...say("server", serverHello({ cipherSuite: 0x1301, extensions: chosen(number) })),
        ...rest,
      ];
      const { tracker } = follow(recording);
      expect(tracker.summary()).toMatchObject({ established: "inferred", version: number, violations: [] });
    },
  );

  it.each([0x7f0e, 0x7f12, 0x7f15, 0xfb14, 0x7a12])(
    "a draft before 22, whose hellos are shorter: %i",
    (number) => {
      const recording = [...say("client", version(number)), ...say("server", draftHello(number)), ...rest];
      expect(follow(recording).tracker.summary()).toMatchObject({
        established: "inferred",
        version: number,
        violations: [],
      });
    },
  );

  it.each([0x7f12, 0x7f15, 0x7e01])("a retry of such a draft: %i", (number) => {
    const answer =
      number === 0x7e01
        ? serverHello({ cipherSuite: 0x1301, extensions: chosen(number) })
        : draftHello(number);
    const retry = { ...draftRetry(number), cipherSuite: number === 0x7f15 ? 0x1301 : 0 };
    const hello = version(number);
    const recording = [
      ...say("client", hello),
      ...say("server", retry),
      ...say("client", hello),
      ...say("server", answer),
      ...rest,
    ];
    expect(follow(recording).tracker.summary()).toMatchObject({
      established: "inferred",
      retried: true,
      violations: [],
    });
  });

  it("a client of a draft alone, and a server of TLS 1.3 that takes TLS 1.2", () => {
    const recording = [
      ...say("client", version(0x7f17)),
      ...say("server", serverHello({ random: downgraded(1) })),
    ];
    expect(violations(recording)).toEqual([]);
  });

  it("TLS 1.2 for a client that has a newer legacy_version and no supported_versions", () => {
    for (const legacyVersion of [0x0304, 0x0305, 0x03ff])
      expect(
        violations([...say("client", clientHello({ legacyVersion })), ...say("server", serverHello())]),
      ).toEqual([]);
  });

  it("what a server takes of a hello that nobody in between can read", () => {
    const ech = { type: 0xfe0d, kind: "unknown", data: new Uint8Array(200) } as const;
    const hidden = modernHello([ech]);
    const answer = tls13ServerHello(0x1303, [{ type: 41, kind: "preSharedKey", selectedIdentity: 0 }]);
    const offered = { ...hidden, cipherSuites: [0x1301] };
    expect(violations([...say("client", offered), ...say("server", answer), ...rest])).toEqual([]);
    expect(
      violations([...say("client", offered), ...say("server", serverHello({ cipherSuite: 0xcca8 }))]),
    ).toEqual(["unoffered-cipher-suite"]);
  });

  it("a ChangeCipherSpec of the server's retry that comes behind the second ClientHello", () => {
    const recording = [
      ...say("client", modernHello()),
      ...say("server", helloRetryRequest),
      ...say("client", modernHello()),
      changeCipherSpec("server"),
      ...say("server", tls13ServerHello()),
      ...rest,
    ];
    expect(violations(recording)).toEqual([]);
    expect(
      violations([
        ...say("client", modernHello()),
        changeCipherSpec("server"),
        ...say("server", tls13ServerHello()),
      ]),
    ).toEqual(["early-change-cipher-spec"]);
  });

  it("a HelloRequest in clear, wherever it comes", () => {
    for (const at of tls12.keys()) {
      if (tls12[at]!.by === "server" && at > tls12.length - 2) continue;
      const asked = [...tls12.slice(0, at), ...say("server", message(0, 0)), ...tls12.slice(at)];
      expect(violations(asked), `before message ${at}`).toEqual([]);
    }
  });

  it("a client's certificate with a fixed key, which signs nothing", () => {
    // TLS_DH_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256, a GOST suite.
    for (const cipherSuite of [0x00a0, 0xc02d, 0x0081]) {
      const offered = say("client", clientHello({ cipherSuites: [cipherSuite] }));
      const answered = say(
        "server",
        serverHello({ cipherSuite }),
        certificate,
        certificateRequest,
        serverHelloDone,
      );
      const recording = [
        ...offered,
        ...answered,
        ...say("client", certificate),
        ...clientFlight,
        ...serverFinish,
      ];
      expect(violations(recording)).toEqual([]);
    }
  });

  const session = new Uint8Array(32).fill(6);
  const resuming = [
    ...say("client", clientHello({ legacySessionId: session })),
    ...say("server", serverHello({ legacySessionIdEcho: session })),
  ];
  const finish = (by: "client" | "server", records: number): Sent[] => [
    changeCipherSpec(by),
    ...Array.from({ length: records }, () => protectedHandshake(by)),
  ];
  const data = [applicationData("client"), applicationData("server")];
  it.each<[string, readonly Sent[]]>([
    // draft-agl-tls-nextprotoneg and Channel ID put encrypted messages in front of the client's Finished.
    [
      "NPN and Channel ID in front of the client's Finished",
      [
        ...hello,
        ...serverFlight,
        ...say("client", clientKeyExchange),
        ...finish("client", 3),
        ...serverFinish,
        ...data,
      ],
    ],
    [
      "NPN and false start",
      [
        ...hello,
        ...serverFlight,
        ...say("client", clientKeyExchange),
        ...finish("client", 2),
        applicationData("client"),
        ...say("server", message(4)),
        ...serverFinish,
        ...data,
      ],
    ],
    ["NPN in a resumed session", [...resuming, ...finish("server", 1), ...finish("client", 2), ...data]],
    [
      "a Finished in several records",
      [
        ...hello,
        ...serverFlight,
        ...say("client", clientKeyExchange),
        ...finish("client", 4),
        ...finish("server", 4),
        ...data,
      ],
    ],
    ["the same, resumed", [...resuming, ...finish("server", 3), ...finish("client", 3), ...data]],
  ])("%s", (_, recording) => {
    const { events, tracker } = follow(recording);
    expect(tracker.summary()).toMatchObject({ established: "observed", renegotiations: 0, violations: [] });
    expect(path(events)).not.toContain("renegotiating");
  });

  it.each<[string, readonly Sent[]]>([
    [
      "a suite without a certificate has none",
      [
        ...hello,
        ...say("server", serverHello({ cipherSuite: 0x0034 }), serverKeyExchange, serverHelloDone),
        ...clientFlight,
        ...serverFinish,
      ],
    ],
    [
      "a suite with a key that both know has neither certificate nor key exchange",
      [
        ...hello,
        ...say("server", serverHello({ cipherSuite: 0x00a8 }), serverHelloDone),
        ...clientFlight,
        ...serverFinish,
      ],
    ],
    [
      "an older version than the client's highest",
      [...hello, ...say("server", serverHello({ legacyVersion: 0x0301 }))],
    ],
    ["a server that knows only TLS 1.2", [...say("client", modernHello()), ...say("server", serverHello())]],
    ["a HelloRequest before the ClientHello", [...say("server", message(0, 0)), ...tls12]],
    ["a warning", [...hello, alert("server", 1, 112), ...tls12.slice(1)]],
    [
      "whatever comes after a fatal alert",
      [
        ...hello,
        alert("server", 2, 40),
        alert("server", 1, 0),
        changeCipherSpec("client"),
        applicationData("client"),
      ],
    ],
  ])("%s", (_, recording) => {
    expect(violations(recording)).toEqual([]);
  });
});
