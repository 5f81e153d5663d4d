// What is measured of one contender over HTTP/2 in one round; each measure throws over a wrong answer.
import { strict as assert } from "node:assert";
import { scaled } from "../support/report.mjs";
import { exchange, openSession } from "./http2-client.mjs";
import { measures as http1 } from "./measures.mjs";
import { block, PatternCheck } from "./pattern.mjs";

const payload = Buffer.from(JSON.stringify({ model: "bench", stream: false, text: "x".repeat(960) }));

async function withCpu({ cpuUs }, work) {
  const before = cpuUs?.();
  await work();
  return before === undefined ? undefined : cpuUs() - before;
}

async function echo(session) {
  const parts = [];
  const headers = { ":method": "POST", ":path": "/echo", "content-type": "application/json" };
  const status = await exchange(session, headers, payload, (part) => parts.push(part));
  assert.equal(status, 200);
  assert.ok(payload.equals(Buffer.concat(parts)), "the answer is another one");
}

/** A POST of a kB and its answer, so many at once on one connection. */
const streams = (width, count) => async (contender) => {
  // HTTP/1.1 has a connection for each.
  if (contender.name === "http1")
    return width === 1 ? http1.oneConnection(contender) : http1.eightConnections(contender);
  const session = await openSession(contender);
  // The first exchange of a connection has the upstream's handshake in it.
  for (let warm = 0; warm < 3; warm++) await echo(session);
  let left = count;
  const start = performance.now();
  const cpuUs = await withCpu(contender, () =>
    Promise.all(
      Array.from({ length: width }, async () => {
        while (left-- > 0) await echo(session);
      }),
    ),
  );
  const seconds = (performance.now() - start) / 1000;
  session.destroy();
  return { perSecond: count / seconds, cpuUs: cpuUs === undefined ? undefined : cpuUs / count };
};

const largeBytes = scaled(32 << 20, 1 << 20);
const megabytes = largeBytes / 1e6;

async function large(contender, exchangeIt) {
  const session = await openSession(contender);
  await echo(session);
  const start = performance.now();
  const cpuUs = await withCpu(contender, () => exchangeIt(session));
  const seconds = (performance.now() - start) / 1000;
  session.destroy();
  return {
    perSecond: megabytes / seconds,
    cpuMs: cpuUs === undefined ? undefined : cpuUs / 1000 / megabytes,
  };
}

/** 32 MiB toward the client, on one stream. */
const down = (contender) =>
  contender.name === "http1"
    ? http1.down(contender)
    : large(contender, async (session) => {
        const check = new PatternCheck();
        const status = await exchange(session, { ":path": `/down/${largeBytes}` }, undefined, (part) =>
          check.push(part),
        );
        assert.deepEqual([status, check.bytes, check.isSame], [200, largeBytes, true]);
      });

/** 32 MiB toward the origin, on one stream. */
const up = (contender) =>
  contender.name === "http1"
    ? http1.up(contender)
    : large(contender, async (session) => {
        const parts = Array.from({ length: largeBytes / block.length }, () => block);
        const body = [];
        const headers = { ":method": "POST", ":path": "/up" };
        const status = await exchange(session, headers, parts, (part) => body.push(part));
        assert.equal(status, 200);
        assert.deepEqual(JSON.parse(Buffer.concat(body).toString()), { bytes: largeBytes, same: true });
      });

/** By name; requests are enough for a figure of the system's clock of CPU. */
export const http2Measures = {
  one: streams(1, scaled(800, 4)),
  ten: streams(10, scaled(1500, 20)),
  hundred: streams(100, scaled(3000, 100)),
  down,
  up,
};
