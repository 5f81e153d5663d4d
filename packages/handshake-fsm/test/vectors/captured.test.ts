// Every captured connection, whole and in pieces, against what the programs themselves said of it.
import { chunksOf } from "@faultwire/testkit/chunkers";
import { handshakeVectors } from "@faultwire/testkit/tls-vectors";
import { describe, expect, it } from "vitest";
import type { HandshakeEvent, HandshakeSummary } from "../../src/index.ts";
import { follow, path } from "../support/observe.ts";

const vectors = handshakeVectors().map((vector) => ({
  ...vector,
  recording: vector.chunks.map(({ from, bytes }) => ({ by: from, chunk: bytes })),
}));
const plain = (events: readonly HandshakeEvent[]): unknown[] =>
  events.map((event) => ("hello" in event ? event.kind : event));

/** What the name of a capture says of it, as an observer can see it. */
function expectationsOf(name: string): Partial<Record<keyof HandshakeSummary, unknown>> {
  const isOld = /^tls1[012]/.test(name);
  const expected: Partial<Record<keyof HandshakeSummary, unknown>> = { violations: [] };
  if (name.includes("retry")) expected.retried = true;
  if (name.includes("resumed-by-id")) expected.resumedBy = "session-id";
  if (name.includes("resumed-by-ticket")) expected.resumedBy = isOld ? "ticket" : "psk";
  if (name.includes("renegotiated")) expected.renegotiations = 2;
  if (name.includes("stapled") && isOld) expected.history = expect.stringContaining("u");
  if (name.includes("client-certificate"))
    expected.clientCertificate = isOld ? (name.endsWith("missing") ? "empty" : "proved") : "inferred";
  return expected;
}

const failures = /no-common|too-old|server-certificate-refused|tls12-client-certificate-(refused|missing)/;
const dropped = /tls1[012]-client-certificate-dropped/;

describe.each(vectors)("$name", ({ name, facts, recording }) => {
  const { events, tracker } = follow(recording);
  const summary = tracker.summary();

  it("is what the programs said", () => {
    expect(summary).toMatchObject(expectationsOf(name));
    if (failures.test(name)) {
      expect(summary.established).toBeUndefined();
      expect(events.at(-1)).toMatchObject({ kind: "closed", during: "failed" });
      expect(summary.alerts.at(-1)?.name).toBeTypeOf("string");
    } else if (dropped.test(name)) {
      expect(events.at(-1)).toMatchObject({ kind: "closed", during: "wait-server-change-cipher-spec" });
    } else {
      expect(summary.established).toBe(facts.version === "TLSv1.3" ? "inferred" : "observed");
    }
    expect(path(events).includes("renegotiating")).toBe(name.includes("renegotiated"));
    if (name.endsWith("tls13-client-certificate-refused")) expect(summary.endedWithAlert).toContain("server");
    if (facts.version !== undefined) {
      expect(summary.versionName).toBe(facts.version.replace(/^TLSv(1)$/, "TLSv1.0").replace("TLSv", "TLS "));
    }
    if (facts.cipherSuite !== undefined) expect(summary.cipherSuiteName).toBe(facts.cipherSuite);
    if (facts.resumed !== undefined) expect(summary.resumedBy !== undefined).toBe(facts.resumed);
    expect(summary.earlyData).toBe(facts.earlyData ?? "none");
    // TLS 1.3 hides it.
    if (facts.version !== "TLSv1.3" && facts.alpnProtocol !== undefined)
      expect(summary.alpn).toBe(facts.alpnProtocol);
  });

  it("is told the same however it is cut", () => {
    for (const size of [1, 3, 17, 1000]) {
      const cut = follow(recording, (chunk) => chunksOf(chunk, size));
      expect(plain(cut.events)).toEqual(plain(events));
      expect(cut.tracker.summary()).toEqual(summary);
    }
  });

  it("blames nobody when any of its chunks is lost", () => {
    for (const lost of recording.keys()) {
      const rest = recording.filter((_, at) => at !== lost);
      expect(follow(rest, undefined, { lossy: "both" }).tracker.summary().violations).toEqual([]);
    }
  });
});
