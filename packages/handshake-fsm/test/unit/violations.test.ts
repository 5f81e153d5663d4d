import { describe, expect, it } from "vitest";
import type { ViolationCode } from "../../src/index.ts";
import { follow, path } from "../support/observe.ts";
import type { Sent } from "../support/recorded-handshake.ts";
import {
  alert,
  applicationData,
  certificate,
  certificateRequest,
  certificateVerify,
  changeCipherSpec,
  clientFlight,
  clientHello,
  clientKeyExchange,
  emptyCertificate,
  finished,
  helloRetryRequest,
  message,
  modernHello,
  protectedHandshake,
  raw,
  say,
  serverFinish,
  serverFlight,
  serverHello,
  serverHelloDone,
  serverKeyExchange,
  tls12,
  tls13,
  tls13ServerHello,
} from "../support/wire.ts";

const violations = (recording: readonly Sent[]): ViolationCode[] =>
  follow(recording).events.flatMap((event) => (event.kind === "violation" ? [event.code] : []));
const hello = say("client", clientHello());
const downgraded = (last: number): Uint8Array => {
  const random = new Uint8Array(32);
  random.set(new TextEncoder().encode("DOWNGRD"), 24);
  random[31] = last;
  return random;
};

describe("honest handshakes", () => {
  it("break nothing", () => {
    expect(violations(tls12)).toEqual([]);
    expect(violations(tls13)).toEqual([]);
  });
});

describe("attacks on the state machine", () => {
  it.each<[string, ViolationCode, readonly Sent[]]>([
    [
      "a ChangeCipherSpec from the client before there are keys (CVE-2014-0224)",
      "early-change-cipher-spec",
      [...hello, ...say("server", serverHello()), changeCipherSpec("client")],
    ],
    [
      "a ChangeCipherSpec from the server before there are keys",
      "early-change-cipher-spec",
      [...hello, ...serverFlight, changeCipherSpec("server")],
    ],
    [
      "a client that skips its key exchange",
      "early-change-cipher-spec",
      [...hello, ...serverFlight, changeCipherSpec("client"), protectedHandshake("client"), ...serverFinish],
    ],
    [
      "a server that skips everything (SKIP-TLS)",
      "early-change-cipher-spec",
      [...hello, ...say("server", serverHello()), ...serverFinish],
    ],
    [
      "a server that skips its certificate",
      "skipped-certificate",
      [
        ...hello,
        ...say("server", serverHello(), serverKeyExchange, serverHelloDone),
        ...clientFlight,
        ...serverFinish,
      ],
    ],
    [
      "a server that skips its key exchange",
      "skipped-server-key-exchange",
      [
        ...hello,
        ...say("server", serverHello(), certificate, serverHelloDone),
        ...clientFlight,
        ...serverFinish,
      ],
    ],
    [
      "a server that skips its key exchange and asks for a certificate",
      "skipped-server-key-exchange",
      [
        ...hello,
        ...say("server", serverHello(), certificate, certificateRequest, serverHelloDone),
        ...say("client", emptyCertificate),
        ...clientFlight,
        ...serverFinish,
      ],
    ],
    [
      "a short key in place of the certificate's (FREAK)",
      "unexpected-server-key-exchange",
      [
        ...hello,
        ...say(
          "server",
          serverHello({ cipherSuite: 0x009c }),
          certificate,
          serverKeyExchange,
          serverHelloDone,
        ),
        ...clientFlight,
        ...serverFinish,
      ],
    ],
    [
      "a client that does not prove that the certificate is its own",
      "skipped-certificate-verify",
      [
        ...hello,
        ...say("server", serverHello(), certificate, serverKeyExchange, certificateRequest, serverHelloDone),
        ...say("client", certificate),
        ...clientFlight,
        ...serverFinish,
      ],
    ],
    [
      "a client that does not answer the request for a certificate",
      "skipped-client-certificate",
      [
        ...hello,
        ...say("server", serverHello(), certificate, serverKeyExchange, certificateRequest, serverHelloDone),
        ...clientFlight,
        ...serverFinish,
      ],
    ],
    [
      "a client's certificate that nobody asked for",
      "unrequested-certificate",
      [
        ...hello,
        ...serverFlight,
        ...say("client", certificate, clientKeyExchange, certificateVerify),
        changeCipherSpec("client"),
        protectedHandshake("client"),
        ...serverFinish,
      ],
    ],
    [
      "a client that skips its Finished",
      "skipped-finished",
      [
        ...hello,
        ...serverFlight,
        ...say("client", clientKeyExchange),
        changeCipherSpec("client"),
        applicationData("client"),
        ...serverFinish,
      ],
    ],
    [
      "a server that skips its Finished",
      "skipped-finished",
      [...hello, ...serverFlight, ...clientFlight, changeCipherSpec("server"), applicationData("server")],
    ],
    [
      "a client that skips its ChangeCipherSpec",
      "skipped-change-cipher-spec",
      [...hello, ...serverFlight, ...say("client", clientKeyExchange, finished), ...serverFinish],
    ],
    [
      "a server that skips its ChangeCipherSpec",
      "skipped-change-cipher-spec",
      [...hello, ...serverFlight, ...clientFlight, ...say("server", finished)],
    ],
    [
      "application data before the server's flight",
      "early-application-data",
      [...hello, applicationData("client"), ...serverFlight, ...clientFlight, ...serverFinish],
    ],
    [
      "a handshake message in clear after a TLS 1.3 ServerHello",
      "unprotected-handshake",
      [...say("client", modernHello()), ...say("server", tls13ServerHello(), certificate)],
    ],
    [
      "a ChangeCipherSpec after a TLS 1.3 handshake",
      "late-change-cipher-spec",
      [...tls13, changeCipherSpec("client")],
    ],
    [
      "a second HelloRetryRequest",
      "second-hello-retry-request",
      [
        ...say("client", modernHello()),
        ...say("server", helloRetryRequest),
        ...say("client", modernHello()),
        ...say("server", helloRetryRequest),
      ],
    ],
    [
      "another suite than that of the HelloRetryRequest",
      "changed-after-retry",
      [
        ...say("client", modernHello()),
        ...say("server", helloRetryRequest),
        ...say("client", modernHello()),
        ...say("server", tls13ServerHello(0x1302)),
      ],
    ],
    ["a second ClientHello", "repeated-client-hello", [...hello, ...hello]],
    ["a version that was not offered", "unoffered-version", [...hello, ...say("server", tls13ServerHello())]],
    [
      "a suite that was not offered",
      "unoffered-cipher-suite",
      [...hello, ...say("server", serverHello({ cipherSuite: 0xcca8 }))],
    ],
    [
      "a key that was not offered",
      "unoffered-psk",
      [
        ...say("client", modernHello()),
        ...say("server", tls13ServerHello(0x1301, [{ type: 41, kind: "preSharedKey", selectedIdentity: 0 }])),
      ],
    ],
    [
      "a ClientHello that lost TLS 1.3 on its way",
      "downgrade",
      [...say("client", modernHello()), ...say("server", serverHello({ random: downgraded(1) }))],
    ],
    [
      "a message around a ChangeCipherSpec",
      "handshake-spans-key-change",
      [
        ...hello,
        ...serverFlight,
        ...say("client", clientKeyExchange),
        raw("client", 22, Uint8Array.of(20, 0, 0, 12, 1, 2)),
        changeCipherSpec("client"),
        protectedHandshake("client"),
        ...serverFinish,
      ],
    ],
    [
      "a ChangeCipherSpec that is none",
      "malformed-change-cipher-spec",
      [
        ...hello,
        ...serverFlight,
        ...say("client", clientKeyExchange),
        raw("client", 20, Uint8Array.of(2)),
        protectedHandshake("client"),
        ...serverFinish,
      ],
    ],
    ["a server that speaks first", "unexpected-message", say("server", serverHello())],
    ["a message from the wrong side", "unexpected-message", [...hello, ...say("client", serverHello())]],
    ["an unknown message", "unexpected-message", [...hello, ...say("server", message(99))]],
    ["an alert of three bytes", "malformed-alert", [...hello, raw("server", 21, Uint8Array.of(1, 112, 1))]],
    ["a ClientHello that is none", "malformed-message", [raw("client", 22, Uint8Array.of(1, 0, 0, 2, 3, 3))]],
    [
      "bytes that are no record",
      "malformed-record",
      [{ by: "client", chunk: new TextEncoder().encode("GET /") }],
    ],
  ])("%s is called %s", (_, code, recording) => {
    expect(violations(recording)).toEqual([code]);
  });

  it("are followed, so that what happens next is told", () => {
    const skipped = [...hello, ...say("server", serverHello()), ...serverFinish];
    expect(path(follow(skipped).events)).toEqual([
      "wait-server-hello",
      "wait-server-certificate",
      "wait-server-finished",
      "connected",
      "closed",
    ]);
  });

  it("do not make a log grow", () => {
    const stubborn = Array.from({ length: 1000 }, () => say("client", clientHello())).flat();
    const { events, tracker } = follow(stubborn);
    expect(events.filter(({ kind }) => kind === "violation")).toHaveLength(16);
    expect(tracker.summary().violations).toEqual(["repeated-client-hello"]);
    expect(tracker.summary().history).toHaveLength(100);
  });
});

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
