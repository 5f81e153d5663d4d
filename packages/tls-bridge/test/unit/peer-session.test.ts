import { AlertDescription, AlertLevel, CipherSuite, ContentType, HandshakeType } from "@faultwire/tls-parser";
import { expect, it } from "vitest";
import { RecordOpener, RecordSealer, recordProtectionLimits } from "../../src/index.ts";
import { PeerSession } from "../../src/session/peer-session.ts";
import { recordsOf, secretsFor, suites } from "../support/secrets.ts";

const suite = suites.find(({ cipherSuite }) => cipherSuite === CipherSuite.TLS_AES_128_GCM_SHA256)!;

/** A client's session, and what it has sent. */
function sessionWith(sealer: RecordSealer) {
  const sent: Uint8Array[] = [];
  const session = new PeerSession("client", new RecordOpener(secretsFor(suite)), sealer, {
    data() {},
    closeNotify() {},
    alert() {},
    send: (_to, bytes) => void sent.push(bytes),
  });
  return { sent, session };
}

it("keys that have protected half of what they may are updated before the next record", () => {
  const start = recordProtectionLimits.aesGcmRecords / 2 - 1;
  const { sent, session } = sessionWith(new RecordSealer(secretsFor(suite, start)));
  for (const text of ["the last of the old", "the first of the new"]) {
    session.write(Buffer.from(text));
    session.flush();
  }
  const opener = new RecordOpener(secretsFor(suite, start));
  const [last, update, first] = recordsOf(Buffer.concat(sent));
  expect(Buffer.from(opener.open(last!).plaintext).toString()).toBe("the last of the old");
  expect(opener.open(update!)).toMatchObject({
    contentType: ContentType.handshake,
    plaintext: Uint8Array.of(HandshakeType.keyUpdate, 0, 0, 1, 0),
  });
  opener.updateKeys();
  expect(Buffer.from(opener.open(first!).plaintext).toString()).toBe("the first of the new");
  expect(session.dataRecords).toBe(2);
});

it("what is written in pieces fills records, in order with all else that is sent", () => {
  const { sent, session } = sessionWith(new RecordSealer(secretsFor(suite), { maxPlaintextBytes: 8 }));
  session.write(Buffer.from("head"));
  session.write(Buffer.from("body"));
  expect(sent).toEqual([]);
  session.write(Buffer.from("more"));
  session.write(Buffer.from("of its own"), { paddingBytes: 1, maxPlaintextBytes: 16 });
  session.write(Buffer.from("last"));
  session.sendAlert(AlertLevel.warning, AlertDescription.closeNotify);
  session.write(Buffer.from("late"));
  session.flush();
  const opener = new RecordOpener(secretsFor(suite));
  const texts = recordsOf(Buffer.concat(sent)).map((record) => {
    const { contentType, plaintext } = opener.open(record);
    return contentType === ContentType.alert ? "alert" : Buffer.from(plaintext).toString();
  });
  expect(texts).toEqual(["headbody", "more", "of its own", "last", "alert"]);
});

it("what waits for one flush leaves as one piece of memory, in the records that it would make one by one", () => {
  const { sent, session } = sessionWith(new RecordSealer(secretsFor(suite), { maxPlaintextBytes: 8 }));
  for (const text of ["head", "a body of three", "12345678", "end"]) session.write(Buffer.from(text));
  session.flush();
  const alone = new RecordSealer(secretsFor(suite), { maxPlaintextBytes: 8 });
  const records = ["head", "a body of three", "12345678", "end"].map((text) =>
    alone.seal(ContentType.applicationData, Buffer.from(text)),
  );
  expect(sent.map((bytes) => Buffer.from(bytes))).toEqual([Buffer.concat(records)]);
  expect(session.dataRecords).toBe(5);
});
