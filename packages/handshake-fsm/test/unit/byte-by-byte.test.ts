/** A peer that sends a byte in each chunk must not make a tracker copy what it has again and again. */
import { copiedBytes } from "@faultwire/testkit/copied-bytes";
import { ContentType, encodeRecord } from "@faultwire/tls-parser";
import { expect, it } from "vitest";
import { trackerAt } from "../support/observe.ts";
import { clientHello, say, serverHello } from "../support/wire.ts";

const BODY_BYTES = 65_500;
const COPIES = 6;

it.each([16_384, 1])(
  "64 KiB of a certificate, a byte in each chunk, in records of %i bytes",
  (recordBytes) => {
    const message = new Uint8Array(4 + BODY_BYTES);
    message.set([11, BODY_BYTES >> 16, (BODY_BYTES >> 8) & 0xff, BODY_BYTES & 0xff]);
    const { tracker } = trackerAt();
    for (const { by, chunk } of [...say("client", clientHello()), ...say("server", serverHello())])
      tracker.push(by, chunk);
    let bytes = 0;
    const copied = copiedBytes(() => {
      for (let at = 0; at < message.length; at += recordBytes) {
        const fragment = message.subarray(at, at + recordBytes);
        const record = encodeRecord({ type: ContentType.handshake, legacyVersion: 0x0303, fragment });
        bytes += record.length;
        for (let index = 0; index < record.length; index++)
          tracker.push("server", record.subarray(index, index + 1));
      }
    });
    expect(tracker.state.name).toBe("wait-server-key-exchange");
    expect(copied).toBeLessThan(COPIES * bytes);
  },
);
