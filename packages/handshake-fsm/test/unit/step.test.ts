// Walks through the machine by observations alone. Together they take every row of the table, which the last test
// holds them to.
import { describe, expect, it } from "vitest";
import {
  type Answer,
  type HandshakeState,
  type Observation,
  type Offer,
  type Side,
  startState,
  step,
  type Transition,
  transitions,
  type ViolationCode,
} from "../../src/index.ts";
import { transitionFor } from "../../src/machine/step.ts";
import { anywhere } from "../../src/machine/transition-table.ts";

const taken = new Set<Transition>();

type Walk = readonly Observation[];
type Plain = Exclude<
  Observation,
  { offer: Offer } | { answer: Answer } | { isEmpty: boolean } | { fragmentBytes: number }
>;

const c = (...list: Plain["sees"][]): Walk => list.map((sees) => ({ sees, by: "client" }));
const s = (...list: Plain["sees"][]): Walk => list.map((sees) => ({ sees, by: "server" }));
const data = (by: Side, fragmentBytes = 400): Walk => [{ sees: "applicationData", by, fragmentBytes }];
const certificate = (by: Side, isEmpty = false): Walk => [{ sees: "certificate", by, isEmpty }];
const sessionId = new Uint8Array(32).fill(3);
const none = new Uint8Array(0);

function offers(change: Partial<Offer> = {}): Walk {
  const offer: Offer = {
    sessionId,
    versions: [0x0304, 0x0303],
    cipherSuites: [0x1301, 0xc02f, 0x009c, 0x00a8, 0x00b2, 0x0034],
    ticket: false,
    psk: false,
    earlyData: false,
    encrypted: false,
    ...change,
  };
  return [{ sees: "clientHello", by: "client", offer }];
}

function answers(
  change: Partial<Answer> = {},
  sees: "serverHello" | "helloRetryRequest" = "serverHello",
): Walk {
  const answer: Answer = {
    version: 0x0303,
    cipherSuite: 0xc02f,
    sessionId: none,
    selectedPsk: undefined,
    downgrade: undefined,
    ...change,
  };
  return [{ sees, by: "server", answer }];
}

const tls13 = { version: 0x0304, cipherSuite: 0x1301 } as const;
const RSA = 0x009c;
const PSK = 0x00a8;
const DHE_PSK = 0x00b2;
const DH_ANON = 0x0034;

function walk(...parts: readonly Walk[]): { path: string; output: ViolationCode[]; state: HandshakeState } {
  let state: HandshakeState = startState;
  const output: ViolationCode[] = [];
  const names: string[] = [state.name];
  for (const seen of parts.flat()) {
    const row = transitionFor(state, seen);
    if (row !== undefined) taken.add(row);
    const next = step(state, seen);
    output.push(...next.output);
    if (next.state.name !== state.name) names.push(next.state.name);
    expect(next.state.name).toBe(row?.to ?? state.name);
    state = next.state;
  }
  return { path: names.join(" > "), output, state };
}

const clientFlight = c("clientKeyExchange", "changeCipherSpec", "protectedHandshake");
const serverFinish = s("changeCipherSpec", "protectedHandshake");
const toClient = [
  offers(),
  answers(),
  certificate("server"),
  s("serverKeyExchange", "serverHelloDone"),
].flat();
const full = [...toClient, ...clientFlight, ...serverFinish];
const resumed = [offers(), answers({ sessionId }), serverFinish].flat();
const fullPath =
  "start > wait-server-hello > wait-server-certificate > wait-server-key-exchange > wait-server-hello-done > " +
  "wait-client-key-exchange > wait-client-change-cipher-spec > wait-client-finished > " +
  "wait-server-change-cipher-spec > wait-server-finished > connected";

describe("the right ways", () => {
  it.each<[string, string, readonly Walk[]]>([
    ["full", fullPath, [full]],
    [
      "with all that may come besides",
      fullPath,
      [
        s("helloRequest"),
        offers(),
        s("helloRequest"),
        answers(),
        s("supplementalData"),
        certificate("server"),
        s("certificateStatus", "serverKeyExchange", "certificateRequest", "serverHelloDone"),
        c("supplementalData"),
        certificate("client"),
        c("clientKeyExchange", "certificateVerify", "changeCipherSpec", "protectedHandshake"),
        data("client"),
        s("newSessionTicket", "changeCipherSpec"),
        data("client"),
        s("protectedHandshake"),
        data("client"),
        data("server"),
      ],
    ],
    [
      "with a HelloRequest wherever it can be read, and each Finished in several records",
      fullPath,
      [
        offers(),
        answers(),
        s("helloRequest"),
        certificate("server"),
        s("helloRequest", "serverKeyExchange", "helloRequest", "serverHelloDone", "helloRequest"),
        c("clientKeyExchange"),
        s("helloRequest"),
        c("changeCipherSpec"),
        s("helloRequest"),
        c("protectedHandshake", "protectedHandshake"),
        s("helloRequest", "changeCipherSpec"),
        c("protectedHandshake"),
        s("protectedHandshake"),
        data("client"),
        s("protectedHandshake"),
        data("server"),
      ],
    ],
    [
      "resumed, with each Finished in several records, and renegotiated at once",
      "start > wait-server-hello > wait-server-change-cipher-spec > wait-server-finished > " +
        "wait-client-change-cipher-spec > wait-client-finished > connected > renegotiating",
      [
        resumed,
        s("protectedHandshake"),
        c("changeCipherSpec"),
        s("protectedHandshake"),
        c("protectedHandshake", "protectedHandshake"),
        data("client"),
        c("protectedHandshake"),
      ],
    ],
    [
      "with a client's certificate that signs nothing",
      fullPath,
      [
        offers({ cipherSuites: [0x00a0] }),
        answers({ cipherSuite: 0x00a0 }),
        certificate("server"),
        s("certificateRequest", "serverHelloDone"),
        certificate("client"),
        clientFlight,
        serverFinish,
      ],
    ],
    [
      "with the certificate's own key, and the client's certificate by reference",
      fullPath,
      [
        offers(),
        answers({ cipherSuite: RSA }),
        certificate("server"),
        s("certificateRequest", "serverHelloDone"),
        c(
          "certificateUrl",
          "clientKeyExchange",
          "certificateVerify",
          "changeCipherSpec",
          "protectedHandshake",
        ),
        serverFinish,
      ],
    ],
    [
      "with the certificate's own key",
      fullPath.replace("wait-server-hello-done > ", ""),
      [
        offers(),
        answers({ cipherSuite: RSA }),
        certificate("server"),
        s("serverHelloDone"),
        clientFlight,
        serverFinish,
      ],
    ],
    [
      "without a certificate",
      fullPath.replace("wait-server-key-exchange > ", ""),
      [
        offers(),
        answers({ cipherSuite: DH_ANON }),
        s("serverKeyExchange", "serverHelloDone"),
        clientFlight,
        serverFinish,
      ],
    ],
    [
      "with a key that both know",
      fullPath.replace("wait-server-key-exchange > wait-server-hello-done > ", ""),
      [offers(), answers({ cipherSuite: PSK }), s("serverHelloDone"), clientFlight, serverFinish],
    ],
    [
      "resumed",
      "start > wait-server-hello > wait-server-change-cipher-spec > wait-server-finished > " +
        "wait-client-change-cipher-spec > wait-client-finished > connected",
      [resumed, c("changeCipherSpec", "protectedHandshake")],
    ],
    [
      "resumed by a ticket that is not renewed, and renegotiated",
      "start > wait-server-hello > wait-server-certificate > wait-server-finished > " +
        "wait-client-change-cipher-spec > wait-client-finished > connected > renegotiating > connected",
      [
        offers({ ticket: true, sessionId: none }),
        answers(),
        serverFinish,
        c("changeCipherSpec", "protectedHandshake"),
        c("protectedHandshake"),
        s("protectedHandshake"),
        data("client"),
        c("changeCipherSpec", "protectedHandshake"),
        serverFinish,
      ],
    ],
    [
      "resumed by a ticket that is renewed, with a renegotiation that is refused",
      "start > wait-server-hello > wait-server-certificate > wait-server-change-cipher-spec > " +
        "wait-server-finished > wait-client-change-cipher-spec > wait-client-finished > connected > " +
        "renegotiating > connected > closed",
      [
        offers({ ticket: true, sessionId: none }),
        answers(),
        s("newSessionTicket"),
        serverFinish,
        c("changeCipherSpec", "protectedHandshake"),
        s("protectedHandshake"),
        c("protectedAlert", "protectedAlert", "end"),
      ],
    ],
    [
      "of TLS 1.3",
      "start > wait-server-hello > wait-encrypted-extensions > wait-flight-2 > connected",
      [
        offers(),
        answers(tls13),
        c("changeCipherSpec"),
        s("changeCipherSpec"),
        data("server"),
        data("server"),
        c("changeCipherSpec"),
        data("client", 53),
      ],
    ],
    [
      "of TLS 1.3 with a retry, early data and a client certificate",
      "start > wait-server-hello > wait-second-client-hello > wait-server-hello > wait-encrypted-extensions > " +
        "wait-flight-2 > wait-finished > connected",
      [
        offers({ earlyData: true, psk: true }),
        c("changeCipherSpec"),
        data("client"),
        answers(tls13, "helloRetryRequest"),
        s("changeCipherSpec"),
        data("client"),
        offers(),
        s("changeCipherSpec"),
        answers(tls13),
        data("server"),
        data("client", 700),
        c("changeCipherSpec"),
        data("client", 120),
        data("client", 53),
      ],
    ],
    [
      "of TLS 1.3 with a client flight in one record, and its goodbye",
      "start > wait-server-hello > wait-encrypted-extensions > wait-flight-2 > wait-finished > connected",
      [offers(), answers(tls13), data("server"), data("client", 700), data("client", 19)],
    ],
    [
      "of TLS 1.3 with early data, and a client that pads",
      "start > wait-server-hello > wait-encrypted-extensions > wait-flight-2 > wait-finished > connected",
      [
        offers({ earlyData: true, psk: true }),
        answers({ ...tls13, selectedPsk: 0 }),
        data("client"),
        data("server"),
        data("client"),
        data("client", 21),
        data("client", 512),
        data("server"),
      ],
    ],
  ])("%s", (_, expected, parts) => {
    const { path, output } = walk(...parts);
    expect(path).toBe(expected);
    expect(output).toEqual([]);
  });
});

describe("what a server takes up", () => {
  const other = new Uint8Array(32).fill(4);

  it("is the client's session only where the id is the client's", () => {
    expect(walk(offers(), answers({ sessionId: other })).state.name).toBe("wait-server-certificate");
    expect(walk(offers(), answers({ sessionId: sessionId.subarray(1) })).state.name).toBe(
      "wait-server-certificate",
    );
    expect(walk(offers({ sessionId: none }), answers({ sessionId: none })).state.name).toBe(
      "wait-server-certificate",
    );
    expect(walk(offers(), answers({ sessionId: sessionId.slice() })).state).toMatchObject({
      session: { resumedBy: "session-id" },
    });
  });

  it("is early data only with the first key, and not after a retry", () => {
    const early = offers({ earlyData: true, psk: true });
    const earlyDataAfter = (...parts: readonly Walk[]): unknown => {
      const { state } = walk(...parts);
      return "session" in state ? state.session.earlyData : undefined;
    };
    expect(earlyDataAfter(offers(), answers(tls13))).toBe("none");
    expect(earlyDataAfter(early, answers(tls13))).toBe("rejected");
    expect(earlyDataAfter(early, answers({ ...tls13, selectedPsk: 1 }))).toBe("rejected");
    expect(earlyDataAfter(early, answers({ ...tls13, selectedPsk: 0 }))).toBe("offered");
    const retry = answers(tls13, "helloRetryRequest");
    expect(earlyDataAfter(early, retry, early, answers({ ...tls13, selectedPsk: 0 }))).toBe("rejected");
  });
});

describe("ways that end", () => {
  it.each<[string, readonly Walk[]]>([
    ["a server that fails in TLS 1.3", [offers(), answers(tls13), data("server", 19)]],
    ["a client that fails in TLS 1.3", [offers(), answers(tls13), data("server"), data("client", 19)]],
    ["a fatal alert", [toClient, c("fatalAlert")]],
    ["an alert that can't be read", [toClient, c("clientKeyExchange", "changeCipherSpec", "protectedAlert")]],
  ])("%s", (_, parts) => {
    const { state, output } = walk(...parts);
    expect(state.name).toBe("failed");
    expect(output).toEqual([]);
    expect(walk(...parts, c("end")).state).toEqual({ name: "closed", during: "failed" });
  });

  it("tell where it stood", () => {
    expect(walk(toClient, s("end")).state).toEqual({ name: "closed", during: "wait-client-key-exchange" });
    expect(walk(toClient, s("gap")).state).toEqual({
      name: "lost-track",
      during: "wait-client-key-exchange",
    });
    expect(walk(toClient, s("gap", "end")).state).toEqual({ name: "closed", during: "lost-track" });
  });
});

describe("the wrong ways", () => {
  const skips = s("changeCipherSpec");
  it.each<[ViolationCode, string, readonly Walk[]]>([
    [
      "second-hello-retry-request",
      "wait-server-hello",
      [offers(), answers(tls13, "helloRetryRequest"), offers(), answers(tls13, "helloRetryRequest")],
    ],
    ["repeated-client-hello", "wait-server-hello", [offers(), offers()]],
    ["skipped-certificate", "wait-server-hello-done", [offers(), answers(), s("serverKeyExchange")]],
    ["skipped-certificate", "wait-client-key-exchange", [offers(), answers(), s("serverHelloDone")]],
    [
      "skipped-server-key-exchange",
      "wait-client-key-exchange",
      [offers(), answers({ cipherSuite: DHE_PSK }), s("serverHelloDone")],
    ],
    [
      "skipped-server-key-exchange",
      "wait-client-key-exchange",
      [offers(), answers(), certificate("server"), s("serverHelloDone")],
    ],
    [
      "skipped-server-key-exchange",
      "wait-server-hello-done",
      [offers(), answers(), certificate("server"), s("certificateRequest")],
    ],
    [
      "unexpected-server-key-exchange",
      "wait-server-hello-done",
      [offers(), answers({ cipherSuite: RSA }), certificate("server"), s("serverKeyExchange")],
    ],
    ["early-change-cipher-spec", "wait-server-finished", [offers(), answers(), skips]],
    ["early-change-cipher-spec", "wait-server-finished", [offers(), answers(), certificate("server"), skips]],
    [
      "early-change-cipher-spec",
      "wait-server-finished",
      [offers(), answers(), certificate("server"), s("serverKeyExchange"), skips],
    ],
    ["early-change-cipher-spec", "wait-client-finished", [toClient, c("changeCipherSpec")]],
    ["early-change-cipher-spec", "connected", [full, c("changeCipherSpec")]],
    ["unrequested-certificate", "wait-client-key-exchange", [toClient, certificate("client")]],
    [
      "skipped-client-certificate",
      "wait-client-change-cipher-spec",
      [toClient.slice(0, -1), s("certificateRequest", "serverHelloDone"), c("clientKeyExchange")],
    ],
    [
      "skipped-certificate-verify",
      "wait-client-finished",
      [
        toClient.slice(0, -1),
        s("certificateRequest", "serverHelloDone"),
        certificate("client"),
        c("clientKeyExchange", "changeCipherSpec"),
      ],
    ],
    [
      "skipped-change-cipher-spec",
      "wait-server-change-cipher-spec",
      [toClient, c("clientKeyExchange", "finished")],
    ],
    ["skipped-change-cipher-spec", "connected", [toClient, clientFlight, s("finished")]],
    ["skipped-change-cipher-spec", "wait-client-change-cipher-spec", [resumed.slice(0, 2), s("finished")]],
    ["skipped-change-cipher-spec", "connected", [resumed, c("finished")]],
    [
      "skipped-finished",
      "wait-server-change-cipher-spec",
      [toClient, clientFlight.slice(0, -1), data("client")],
    ],
    ["skipped-finished", "connected", [toClient, clientFlight, s("changeCipherSpec"), data("server")]],
    ["skipped-finished", "wait-client-change-cipher-spec", [resumed.slice(0, -1), data("server")]],
    ["skipped-finished", "connected", [resumed, c("changeCipherSpec"), data("client")]],
    ["early-application-data", "wait-server-change-cipher-spec", [toClient, clientFlight, data("server")]],
    [
      "unexpected-message",
      "wait-client-change-cipher-spec",
      [toClient, c("clientKeyExchange", "certificateVerify")],
    ],
    [
      "unexpected-message",
      "wait-server-hello-done",
      [toClient.slice(0, -1), s("certificateRequest", "certificateRequest")],
    ],
  ])("%s, then %s", (code, name, parts) => {
    const { state, output } = walk(...parts);
    expect(output).toEqual([code]);
    expect(state.name).toBe(name);
  });

  it("of a suite with a key that both know and a certificate", () => {
    const both = offers({ cipherSuites: [0x0094] });
    expect(walk(both, answers({ cipherSuite: 0x0094 }), s("serverHelloDone")).output).toEqual([
      "skipped-certificate",
    ]);
  });

  it("of a suite that nobody knows are none", () => {
    const unknown = offers({ cipherSuites: [0xeeee] });
    const flight = [s("serverHelloDone"), s("serverKeyExchange", "serverHelloDone")];
    for (const messages of flight)
      expect(walk(unknown, answers({ cipherSuite: 0xeeee }), messages).output).toEqual([]);
  });
});

// Vitest runs the tests of a file in their order: this one comes last.
describe("all these walks together", () => {
  it("take every row of the table", () => {
    const rows = [...Object.values(transitions).flat(), ...anywhere];
    expect(rows.filter((row) => !taken.has(row))).toEqual([]);
  });
});
