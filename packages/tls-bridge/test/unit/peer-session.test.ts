import { CipherSuite, ContentType, HandshakeType } from "@faultwire/tls-parser";
import { expect, it } from "vitest";
import { RecordOpener, RecordProtectionLimit, RecordSealer } from "../../src/index.ts";
import { PeerSession } from "../../src/session/peer-session.ts";
import { recordsOf, secretsFor, suites } from "../support/secrets.ts";

it("keys that have protected half of what they may are updated before the next record", () => {
  const suite = suites.find(({ cipherSuite }) => cipherSuite === CipherSuite.TLS_AES_128_GCM_SHA256)!;
  const start = RecordProtectionLimit.aesGcmRecords / 2 - 1;
  const sent: Uint8Array[] = [];
  const session = new PeerSession(
    "client",
    new RecordOpener(secretsFor(suite)),
    new RecordSealer(secretsFor(suite, start)),
    { data() {}, closeNotify() {}, alert() {}, send: (bytes) => void sent.push(bytes) },
  );
  session.write(Buffer.from("the last of the old"));
  session.write(Buffer.from("the first of the new"));
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
