// What a tracker infers of TLS 1.3 without keys, against what the keys of the captures say.

import { handshakeVectors } from "@faultwire/testkit/tls-vectors";
import { ContentType, RecordReader } from "@faultwire/tls-parser";
import { describe, expect, it } from "vitest";
import { finishedFinder } from "../support/client-flight.ts";
import { trackerAt } from "../support/observe.ts";

const vectors = handshakeVectors().flatMap((vector) => {
  const { tracker } = trackerAt();
  for (const { from, bytes } of vector.chunks) tracker.push(from, bytes);
  const { version, cipherSuiteName, established } = tracker.summary();
  const isFinished = finishedFinder(vector.keylog, cipherSuiteName ?? "");
  return version === 0x0304 && established !== undefined && isFinished !== undefined
    ? [{ ...vector, isFinished }]
    : [];
});

describe("the end of a TLS 1.3 handshake", () => {
  it("is looked for in captures of every kind", () => {
    expect(vectors.length).toBeGreaterThan(15);
    expect(vectors.map(({ name }) => name)).toContain("tls13-early-data-accepted");
    expect(vectors.map(({ name }) => name)).toContain("tls13-client-certificate");
  });

  it.each(vectors)("is inferred at the client's Finished: $name", ({ name, chunks, isFinished }) => {
    const { tracker } = trackerAt();
    const readers = { client: new RecordReader(), server: new RecordReader() };
    let inferredAt: number | undefined;
    let finishedAt: number | undefined;
    let count = 0;
    for (const { from, bytes } of chunks) {
      for (const record of readers[from].push(bytes)) {
        count++;
        const isHidden = from === "client" && record.type === ContentType.applicationData;
        if (isHidden && isFinished(record.bytes)) finishedAt ??= count;
        tracker.feed(from, record);
        if (tracker.state.name === "connected") inferredAt ??= count;
      }
    }
    expect(finishedAt).toBeDefined();
    // Where certificate and Finished share a record, it takes the next one to tell.
    if (name === "rfc8448-6-client-certificate") expect(inferredAt).toBeGreaterThan(finishedAt!);
    else expect(inferredAt).toBe(finishedAt);
  });
});
