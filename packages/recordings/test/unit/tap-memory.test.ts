/** What a tap holds of an exchange that it will not give. */
import { usedBytes } from "@faultwire/testkit/used-memory";
import { expect, it } from "vitest";
import { recordingLimits } from "../../src/index.ts";
import { question, TapRig } from "../support/exchange.ts";

const pieceBytes = 4_194_304;
const pieces = recordingLimits.maxExchangeBytes / pieceBytes;

it.each([
  [
    "a response",
    (rig: TapRig): void => {
      rig.asks(question);
      rig.says(`HTTP/1.1 200 OK\r\nContent-Length: ${2 * recordingLimits.maxExchangeBytes}\r\n\r\n`);
    },
    (rig: TapRig, piece: Uint8Array): void => rig.tap.fromUpstream(piece),
  ],
  [
    "a request",
    (rig: TapRig): void =>
      rig.asks(
        question.replace("Content-Length: 13", `Content-Length: ${2 * recordingLimits.maxExchangeBytes}`),
      ),
    (rig: TapRig, piece: Uint8Array): void => rig.tap.toUpstream(piece),
  ],
] as const)(
  "nothing of %s that has become too large stays, though it is still under way",
  async (_, begin, goOn) => {
    const rig = new TapRig();
    const piece = new Uint8Array(pieceBytes);
    begin(rig);
    const before = await usedBytes();
    for (let count = 0; count + 1 < pieces; count++) goOn(rig, piece);
    expect(rig.left).toEqual([]);
    expect((await usedBytes()) - before).toBeGreaterThan((pieces - 2) * pieceBytes);
    for (let count = 0; count < 3; count++) goOn(rig, piece);
    expect(rig.left).toEqual(["too-large"]);
    expect((await usedBytes()) - before).toBeLessThan(pieceBytes);
    // The rig is still there, and what it holds with it.
    expect(rig.recorded).toEqual([]);
  },
);
