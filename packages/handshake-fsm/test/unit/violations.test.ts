import { describe, expect, it } from "vitest";
import type { ViolationCode } from "../../src/index.ts";
import { follow, path, violations } from "../support/observe.ts";
import type { Sent } from "../support/recorded-handshake.ts";
import {
  applicationData,
  certificate,
  certificateRequest,
  certificateVerify,
  changeCipherSpec,
  clientFlight,
  clientHello,
  clientKeyExchange,
  downgraded,
  emptyCertificate,
  finished,
  hello,
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
