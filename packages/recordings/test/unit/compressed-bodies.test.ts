/** What is looked at in a compressed body, how much of it, and how much else goes on meanwhile. */
import { brotliCompressSync, gzipSync } from "node:zlib";
import { expect, it, vi } from "vitest";
import { lookInside } from "../../src/compressed-bodies.ts";
import { recordingLimits } from "../../src/recording-limits.ts";

const otherWork = vi.hoisted(() => vi.fn());
vi.mock("node:timers/promises", async (original) => {
  const real = await original<typeof import("node:timers/promises")>();
  otherWork.mockImplementation(() => real.setImmediate());
  return { ...real, setImmediate: otherWork };
});

const { lookedAtOnceBytes, lookedAtTwiceBytes, maxCodings, maxOpenedBytes } = recordingLimits;
const step = lookedAtOnceBytes - lookedAtTwiceBytes;
const gzip = [["content-encoding", "gzip"]] as const;
const fast = { level: 1 };

it("a secret is found wherever a look ends", async () => {
  for (const secret of ['"access_token": "abcdefghijkl"', "sk-ant-api03-abcdefghijkl"])
    for (const at of [
      0,
      step - 40,
      step,
      lookedAtOnceBytes - secret.length - 1,
      lookedAtOnceBytes - 12,
      3 * step + 5,
    ]) {
      const body = Buffer.alloc(4 * lookedAtOnceBytes, " ");
      body.write(secret, at, "latin1");
      expect(await lookInside(gzip, gzipSync(body, fast)), `${secret} at ${at}`).toBe("secret");
    }
  expect(await lookInside(gzip, gzipSync(Buffer.alloc(4 * lookedAtOnceBytes, " "), fast))).toBe("clean");
});

it("other work goes on while a large one is looked at", async () => {
  const looks = 24;
  otherWork.mockClear();
  expect(await lookInside(gzip, gzipSync(Buffer.alloc(looks * step, " "), fast))).toBe("clean");
  expect(otherWork.mock.calls.length).toBe(looks - 1);
});

it("what opens to more than a limit, or is compressed too often, is not known", async () => {
  expect(await lookInside(gzip, gzipSync(Buffer.alloc(maxOpenedBytes + 1, " "), fast))).toBe("unknown");
  let [body, codings] = [Buffer.from("{}"), ""];
  for (let times = 1; times <= maxCodings + 1; times++) {
    body = times === 1 ? brotliCompressSync(body) : gzipSync(body);
    codings = times === 1 ? "br" : `${codings}, gzip`;
    expect(await lookInside([["content-encoding", codings]], body), codings).toBe(
      times > maxCodings ? "unknown" : "clean",
    );
  }
});
