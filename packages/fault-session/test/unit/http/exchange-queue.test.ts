/** What a queue of exchanges counts: how many, how many bytes, how many that the upstream owes. */
import { expect, it } from "vitest";
import { Exchange } from "../../../src/http/exchange.ts";
import { ExchangeQueue } from "../../../src/http/exchange-queue.ts";
import { httpExchangeLimits } from "../../../src/index.ts";
import { headOf } from "../../support/exchanges-rig.ts";

const head = headOf("GET / HTTP/1.1\r\nHost: api.test\r\n\r\n");
const exchange = (name: string | null = "r"): Exchange => new Exchange(head, name, 0);
const { maxWaitingBytes, maxExchanges, exchangeBytes } = httpExchangeLimits;

it("is full with two that wait with too many bytes, to the byte, and not with one however large", () => {
  const queue = new ExchangeQueue();
  const [one, two] = [exchange(), exchange()];
  queue.push(one);
  queue.wait(one, 2 * maxWaitingBytes);
  expect(queue.isFull).toBe(false);
  queue.push(two);
  expect(queue.isFull).toBe(true);
  queue.wait(one, maxWaitingBytes - queue.waitingBytes - 1);
  expect([queue.waitingBytes, queue.isFull]).toEqual([maxWaitingBytes - 1, false]);
  queue.wait(two, 1);
  expect(queue.isFull).toBe(true);
  queue.shift();
  expect([queue.isFull, queue.first, queue.length, queue.waitingBytes]).toEqual([
    false,
    two,
    1,
    head.bytes.length + exchangeBytes + 1,
  ]);
});

it("is full with a hundred, whatever their size", () => {
  const queue = new ExchangeQueue();
  for (let at = 1; at < maxExchanges; at++) queue.push(exchange());
  expect(queue.isFull).toBe(false);
  const last = exchange();
  queue.push(last);
  expect([queue.isFull, queue.last === last, [...queue].length]).toEqual([true, true, maxExchanges]);
});

it("counts what is owed once for each exchange, and forgets it with the exchange", () => {
  const queue = new ExchangeQueue();
  const [one, two, three] = [exchange(), exchange(), exchange()];
  for (const each of [one, two, three]) {
    queue.push(each);
    queue.owe(each);
  }
  queue.answered(one);
  queue.answered(one);
  expect(queue.owed).toBe(2);
  queue.shift();
  expect(queue.owed).toBe(2);
  queue.shift();
  expect(queue.owed).toBe(1);
  expect(queue.takeAll()).toEqual([three]);
  queue.shift();
  expect([queue.owed, queue.waitingBytes, queue.length]).toEqual([0, 0, 0]);
});

it("has messages of our own where one is answered here, or is a question of the carrier's", () => {
  const queue = new ExchangeQueue();
  queue.push(exchange());
  expect(queue.hasOwnMessages).toBe(false);
  const answered = exchange();
  answered.plan = { kind: "end", how: "fin" };
  queue.push(answered);
  expect(queue.hasOwnMessages).toBe(true);
  const asking = new ExchangeQueue();
  asking.push(exchange(null));
  expect(asking.hasOwnMessages).toBe(true);
});
