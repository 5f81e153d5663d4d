import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { TLSSocket } from "node:tls";
import { soon } from "@faultwire/testkit/soon";
import {
  AlertDescription,
  AlertLevel,
  ContentType,
  encodeAlert,
  encodeHandshake,
  HandshakeType,
} from "@faultwire/tls-parser";
import { describe, expect, it } from "vitest";
import type { OpenedRecord } from "../../src/index.ts";
import { alertIn } from "../support/openssl-errors.ts";
import { type Direction, relayed, type Side } from "../support/tls-relay.ts";

const suites = [
  { version: "TLSv1.3", cipher: "TLS_AES_128_GCM_SHA256" },
  { version: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384" },
  { version: "TLSv1.3", cipher: "TLS_CHACHA20_POLY1305_SHA256" },
  { version: "TLSv1.2", cipher: "ECDHE-ECDSA-AES128-GCM-SHA256" },
  { version: "TLSv1.2", cipher: "ECDHE-ECDSA-AES256-GCM-SHA384" },
  { version: "TLSv1.2", cipher: "ECDHE-ECDSA-CHACHA20-POLY1305" },
] as const;
const sides: readonly Side[] = ["client", "server"];
const NOTHING = new Uint8Array(0);

/** The next so many bytes of a socket that carries nothing else. */
async function received(socket: TLSSocket, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= bytes) break;
  }
  return Buffer.concat(chunks);
}

const other = (side: Side): Side => (side === "client" ? "server" : "client");
const isKeyUpdate = ({ contentType, plaintext }: OpenedRecord): boolean =>
  contentType === ContentType.handshake && plaintext[0] === HandshakeType.keyUpdate;

describe.each(suites)("OpenSSL at both ends with $cipher", ({ version, cipher }) => {
  it("reads what we sealed anew, cut, padded and with empty records between", async () => {
    const seen: Record<Side, number> = { client: 0, server: 0 };
    const shape = version === "TLSv1.3" ? { paddingBytes: 37 } : {};
    const forward = ({ contentType, plaintext }: OpenedRecord, { from, sealer }: Direction): Uint8Array => {
      if (contentType !== ContentType.applicationData) return sealer.seal(contentType, plaintext, shape);
      seen[from] += plaintext.length;
      return Buffer.concat([
        sealer.seal(contentType, NOTHING),
        sealer.seal(contentType, plaintext, { ...shape, maxPlaintextBytes: 1_000 }),
      ]);
    };
    const { client, server, failures } = await relayed({ version, cipher, forward });
    const [question, answer] = [randomBytes(40_000), randomBytes(70_000)];
    client.write(question);
    expect((await received(server, question.length)).equals(question)).toBe(true);
    server.write(answer);
    expect((await received(client, answer.length)).equals(answer)).toBe(true);
    expect(seen).toEqual({ client: question.length, server: answer.length });
    expect(failures).toEqual([]);
    client.end();
    server.resume();
    await soon(once(server, "end"), "the event end of server");
  });

  it.each(sides)("refuses a bad MAC from the %s", async (from) => {
    const forward = ({ contentType, plaintext }: OpenedRecord, direction: Direction): Uint8Array => {
      const badMac = direction.from === from && contentType === ContentType.applicationData;
      return direction.sealer.seal(contentType, plaintext, { badMac });
    };
    const pair = await relayed({ version, cipher, forward });
    const [refuser, refused] = [pair[other(from)], pair[from]];
    const failed = Promise.all([once(refuser, "error"), once(refused, "error")]);
    for (const socket of [refuser, refused]) socket.resume();
    pair[from].write("what nobody shall read");
    const [[refuserError], [refusedError]] = (await failed) as [
      [NodeJS.ErrnoException],
      [NodeJS.ErrnoException],
    ];
    expect(refuserError.code).toMatch(/BAD_RECORD_MAC|CIPHER_OPERATION_FAILED/);
    expect(alertIn(refusedError)).toBe("BAD_RECORD_MAC");
    expect(pair.failures).toEqual([]);
  });

  it.each(sides)("refuses an oversized record from the %s", async (from) => {
    const forward = ({ contentType, plaintext }: OpenedRecord, direction: Direction): Uint8Array => {
      const large = direction.from === from && contentType === ContentType.applicationData;
      const content = large ? new Uint8Array(20_000) : plaintext;
      return direction.sealer.seal(contentType, content, large ? { maxPlaintextBytes: 20_000 } : {});
    };
    const pair = await relayed({ version, cipher, forward });
    const failed = Promise.all([once(pair[other(from)], "error"), once(pair[from], "error")]);
    for (const side of sides) pair[side].resume();
    pair[from].write("grows on its way");
    const [[refuserError], [refusedError]] = (await failed) as [
      [NodeJS.ErrnoException],
      [NodeJS.ErrnoException],
    ];
    expect(refuserError.code).toMatch(/LENGTH_TOO_LONG$/);
    expect(alertIn(refusedError)).toBe("RECORD_OVERFLOW");
  });

  it("takes any alert for its own peer's", async () => {
    const forward = ({ contentType, plaintext }: OpenedRecord, { from, sealer }: Direction): Uint8Array => {
      if (from === "client" || contentType !== ContentType.applicationData)
        return sealer.seal(contentType, plaintext);
      const alert = { level: AlertLevel.fatal, description: AlertDescription.insufficientSecurity };
      return sealer.seal(ContentType.alert, encodeAlert(alert));
    };
    const { client, server } = await relayed({ version, cipher, forward });
    server.on("error", () => {});
    client.resume();
    server.write("replaced by an alert");
    const [error] = (await soon(once(client, "error"), "the event error of client")) as [
      NodeJS.ErrnoException,
    ];
    expect(alertIn(error)).toBe("INSUFFICIENT_SECURITY");
  });
});

describe.each(suites.slice(0, 3))("key updates with $cipher", ({ version, cipher }) => {
  it("go on in both directions, asked for by us and answered by OpenSSL", async () => {
    const answers: Side[] = [];
    const request = encodeHandshake({ kind: "keyUpdate", updateRequested: true });
    const forward = (opened: OpenedRecord, { from, opener, sealer }: Direction): Uint8Array => {
      if (isKeyUpdate(opened)) {
        answers.push(from);
        opener.updateKeys();
        return NOTHING;
      }
      const sealed = sealer.seal(opened.contentType, opened.plaintext);
      if (opened.contentType !== ContentType.applicationData) return sealed;
      const update = sealer.seal(ContentType.handshake, request);
      sealer.updateKeys();
      expect(sealer.sequenceNumber).toBe(0);
      return Buffer.concat([sealed, update]);
    };
    const { client, server, failures } = await relayed({ version, cipher, forward });
    for (let round = 0; round < 4; round++) {
      client.write(`question ${round}`);
      expect(String(await received(server, 10))).toBe(`question ${round}`);
      server.write(`answer ${round}`);
      expect(String(await received(client, 8))).toBe(`answer ${round}`);
    }
    expect(failures).toEqual([]);
    expect(answers).toContain("client");
    expect(answers).toContain("server");
  });
});
