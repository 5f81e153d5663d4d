// What is measured of one contender in one round; each measure gives figures by name, and throws over a wrong answer.
import { strict as assert } from "node:assert";
import { setTimeout as pause } from "node:timers/promises";
import { percentile, scaled } from "../support/report.mjs";
import { ProxyClient } from "./client.mjs";
import { block, PatternCheck } from "./pattern.mjs";

const payload = Buffer.from(JSON.stringify({ model: "bench", stream: false, text: "x".repeat(960) }));
const head = ({ originPort }, method, target, bytes) =>
  `${method} ${target} HTTP/1.1\r\nhost: localhost:${originPort}\r\nuser-agent: bench\r\naccept: */*\r\n` +
  (bytes === undefined ? "\r\n" : `content-type: application/json\r\ncontent-length: ${bytes}\r\n\r\n`);
const post = (contender, target) =>
  Buffer.concat([Buffer.from(head(contender, "POST", target, payload.length)), payload]);
const get = (contender, target) => Buffer.from(head(contender, "GET", target));

/** Runs `work` and adds the CPU that the contender's process has used for it, in µs. */
async function withCpu({ cpuUs }, work) {
  const before = cpuUs?.();
  const result = await work();
  return { ...result, cpuUs: before === undefined ? undefined : cpuUs() - before };
}

/** `count` exchanges of one connection, one after the other; times go into `timesMs`. */
async function exchanges(client, request, wanted, count, timesMs) {
  for (let index = 0; index < count; index++) {
    const body = [];
    const start = performance.now();
    const status = await client.exchange(request, (part) => body.push(part));
    timesMs.push(performance.now() - start);
    assert.equal(status, wanted.status);
    if (wanted.body) assert.ok(wanted.body.equals(Buffer.concat(body)), "the answer is another one");
  }
}

async function keptAlive(contender, connections, count, target, wanted) {
  const clients = await Promise.all(Array.from({ length: connections }, () => ProxyClient.open(contender)));
  const timesMs = [];
  const request = post(contender, target);
  // The first exchange of a connection has the upstream's handshake in it.
  for (const client of clients) await exchanges(client, request, wanted, 2, []);
  const start = performance.now();
  const { cpuUs } = await withCpu(contender, async () => {
    await Promise.all(
      clients.map((client) => exchanges(client, request, wanted, count / connections, timesMs)),
    );
  });
  const seconds = (performance.now() - start) / 1000;
  await Promise.all(clients.map((client) => client.close()));
  return {
    p50Ms: percentile(timesMs, 0.5),
    p95Ms: percentile(timesMs, 0.95),
    perSecond: timesMs.length / seconds,
    cpuUs: cpuUs === undefined ? undefined : cpuUs / timesMs.length,
  };
}

const echoed = { status: 200, body: payload };

/** A POST of a kB and its answer, on one connection. */
const oneConnection = (contender) => keptAlive(contender, 1, scaled(600, 4), "/echo", echoed);

/** The same on eight at once. */
const eightConnections = (contender) => keptAlive(contender, 8, scaled(1600, 16), "/echo", echoed);

/** A request that a rule answers; its body is the rule's, and is looked at by its status alone. */
const injected = (contender) => keptAlive(contender, 1, scaled(600, 4), "/limited", { status: 429 });

const largeBytes = scaled(32 << 20, 1 << 20);
const megabytes = largeBytes / 1e6;

async function large(contender, exchange) {
  const client = await ProxyClient.open(contender);
  await exchanges(client, post(contender, "/echo"), echoed, 1, []);
  const start = performance.now();
  const { cpuUs } = await withCpu(contender, () => exchange(client));
  const seconds = (performance.now() - start) / 1000;
  await client.close();
  return {
    perSecond: megabytes / seconds,
    cpuMs: cpuUs === undefined ? undefined : cpuUs / 1000 / megabytes,
  };
}

/** 32 MiB toward the client. */
const down = (contender) =>
  large(contender, async (client) => {
    const check = new PatternCheck();
    const status = await client.exchange(get(contender, `/down/${largeBytes}`), (part) => check.push(part));
    assert.deepEqual([status, check.bytes, check.isSame], [200, largeBytes, true]);
  });

/** 32 MiB toward the origin. */
const up = (contender) =>
  large(contender, async (client) => {
    const parts = Array.from({ length: largeBytes / block.length }, () => block);
    const body = [];
    const request = { head: head(contender, "POST", "/up", largeBytes), parts };
    const status = await client.exchange(request, (part) => body.push(part));
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(Buffer.concat(body).toString()), { bytes: largeBytes, same: true });
  });

/** A new connection: CONNECT, both handshakes, one small exchange, and its end. */
async function fresh(contender) {
  const count = scaled(40, 2);
  const timesMs = [];
  const { cpuUs } = await withCpu(contender, async () => {
    for (let index = 0; index < count; index++) {
      const start = performance.now();
      const client = await ProxyClient.open(contender);
      await exchanges(client, post(contender, "/echo"), echoed, 1, []);
      timesMs.push(performance.now() - start);
      await client.close();
    }
  });
  return {
    p50Ms: percentile(timesMs, 0.5),
    cpuMs: cpuUs === undefined ? undefined : cpuUs / 1000 / count,
  };
}

/** Events of a stream, from the origin's write to the client's read. */
async function events(contender) {
  const [count, gapMs] = [scaled(150, 3), 4];
  const client = await ProxyClient.open(contender);
  const delaysMs = [];
  let text = "";
  const status = await client.exchange(get(contender, `/events/${count}/${gapMs}`), (part) => {
    const now = process.hrtime.bigint();
    text += part.toString("latin1");
    const all = text.split("\n\n");
    text = all.pop();
    for (const event of all) delaysMs.push(Number(now - BigInt(event.slice("data: ".length))) / 1e6);
  });
  await client.close();
  assert.deepEqual([status, delaysMs.length, text], [200, count, ""]);
  return { p50Ms: percentile(delaysMs, 0.5) };
}

/** Connections that are open and quiet behind one exchange: what each keeps, in kB. */
export async function quiet(contender, count) {
  const batch = 16;
  // What is made once, for the first connection, is none of the others'.
  const clients = [await ProxyClient.open(contender)];
  await exchanges(clients[0], post(contender, "/echo"), echoed, 1, []);
  const before = await contender.memory();
  for (let opened = 0; opened < count; opened += batch)
    clients.push(
      ...(await Promise.all(
        Array.from({ length: Math.min(batch, count - opened) }, async () => {
          const client = await ProxyClient.open(contender);
          await exchanges(client, post(contender, "/echo"), echoed, 1, []);
          return client;
        }),
      )),
    );
  // What belongs to the last ones' handshakes goes with the next turns of the loop.
  await pause(200);
  const after = await contender.memory();
  for (const client of clients) await client.close();
  const kept = ({ heapUsed, external }) => heapUsed + external;
  return {
    keptKb: (kept(after) - kept(before)) / count / 1000,
    residentKb: (after.rss - before.rss) / count / 1000,
  };
}

/** The measures that are taken in rounds, by name. */
export const measures = { oneConnection, eightConnections, injected, down, up, fresh, events };
