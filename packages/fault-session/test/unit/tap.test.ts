/** Who hears what exchanges say to an upstream, and what it says. */
import type { Fault } from "@faultwire/fault-engine";
import { expect, it } from "vitest";
import { TappedExchanges } from "../../src/tap.ts";
import { exchangesRig } from "../support/exchanges-rig.ts";
import { sampleFaults } from "../support/sample-faults.ts";

function tappedRig(faults: readonly (Fault | null)[] = [], isTarget = true) {
  const heard: string[] = [];
  const asked: unknown[] = [];
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
  const rig = exchangesRig(faults, {
    ...(!isTarget && { introduce: () => null }),
    make: (options) =>
      new TappedExchanges(
        options,
        (connection) => {
          asked.push(connection);
          return {
            toUpstream: (bytes) => void (bytes.length > 0 && heard.push(`> ${text(bytes)}`)),
            fromUpstream: (bytes) => heard.push(`< ${text(bytes)}`),
            upstreamEnded: (how) => heard.push(`ended by ${how}`),
            finish: () => heard.push("over"),
          };
        },
        "https",
      ),
  });
  return { ...rig, heard, asked };
}

const get = "GET / HTTP/1.1\r\nHost: api.test\r\n\r\n";
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

it("hears every byte both ways, the ends, and is asked once for the connection", () => {
  const { says, exchanges, heard, asked } = tappedRig();
  says("client", get);
  says("server", ok);
  says("client", get);
  exchanges.serverEnded("reset");
  exchanges.finish();
  expect(asked).toEqual([{ scheme: "https", host: "api.test", protocol: "http/1.1" }]);
  expect(heard).toEqual([`> ${get}`, `< ${ok}`, `> ${get}`, "ended by reset", "over"]);
});

it("hears what the upstream said, not what a fault made of it; and nothing of a request that a fault answers", () => {
  const { says, heard, got } = tappedRig([sampleFaults["http.truncate"], sampleFaults["http.error"]]);
  says("client", get);
  const long = `HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n${"x".repeat(3000)}`;
  says("server", long);
  expect(heard).toEqual([`> ${get}`, `< ${long}`]);
  expect(got.client.length).toBeLessThan(long.length);
  const answered = tappedRig([sampleFaults["http.error"]]);
  answered.says("client", get);
  expect(answered.got.client).toMatch(/^HTTP\/1\.1 429 /);
  expect(answered.heard).toEqual([]);
});

it("is not told an end of the upstream that comes once the client has gone, or a fault has cut it off", () => {
  const gone = tappedRig();
  gone.says("client", get);
  gone.says("server", ok.slice(0, -1));
  gone.exchanges.clientEnded();
  gone.exchanges.serverEnded("fin");
  expect(gone.heard.at(-1)).toBe("over");
  const cut = tappedRig([sampleFaults["http.empty"]]);
  cut.says("client", get);
  cut.exchanges.serverEnded("fin");
  expect(cut.ends).toEqual(["fin"]);
  expect(cut.heard).not.toContain("ended by fin");
});

it("is not asked where the connection is no target's", () => {
  const { says, asked, got } = tappedRig([], false);
  says("client", get);
  expect(got.server).toBe(get);
  expect(asked).toEqual([]);
});
