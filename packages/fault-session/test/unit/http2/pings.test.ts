/** PINGs that are left without an answer: from which one on, and what is told of it. */
import type { Fault } from "@faultwire/fault-engine";
import { sectionOf } from "@faultwire/http2";
import { describe, expect, it } from "vitest";
import { Http2Rig } from "../../support/http2-rig.ts";

const leavesFrom = (afterPings: number): Fault => ({ kind: "http2.ping", afterPings });

/** A client whose request meets the fault, and that sends PINGs. */
function met(fault: Fault) {
  const rig = new Http2Rig({
    fault,
    serve: (stream, upstream) => {
      upstream.respond(stream, sectionOf([[":status", "200"]]), true);
    },
  });
  rig.ask();
  let sent = 0;
  const ping = (): void => {
    rig.client.ping(Buffer.from(String(++sent).padStart(8, "0")));
    rig.pump();
  };
  const outcomes = () => [
    ...rig.told("done").map(() => "done"),
    ...rig.told("undone").map(({ reason }) => reason),
  ];
  return { rig, ping, outcomes };
}

describe("PINGs of a client", () => {
  it("are left from the first on", () => {
    const { rig, ping, outcomes } = met(leavesFrom(0));
    expect(outcomes()).toEqual([]);
    ping();
    expect([rig.pongs, outcomes()]).toEqual([[], ["done"]]);
    ping();
    expect([rig.pongs, outcomes()]).toEqual([[], ["done"]]);
  });

  it("are answered until so many have come, and left from then on", () => {
    const { rig, ping, outcomes } = met(leavesFrom(2));
    ping();
    ping();
    expect([rig.pongs, outcomes()]).toEqual([["00000001", "00000002"], []]);
    ping();
    ping();
    expect([rig.pongs, outcomes()]).toEqual([["00000001", "00000002"], ["done"]]);
    rig.exchanges.finish();
    expect(outcomes()).toEqual(["done"]);
  });

  it.each([
    [0, "the client sent no PING"],
    [1, "the client sent 1 PING, answered each time"],
    [2, "the client sent 2 PINGs, answered each time"],
  ])("that were %i until the end are told as no fault done", (count, reason) => {
    const { rig, ping, outcomes } = met(leavesFrom(2));
    for (let sent = 0; sent < count; sent++) ping();
    expect(rig.pongs).toHaveLength(count);
    rig.exchanges.finish();
    expect(outcomes()).toEqual([reason]);
  });

  it("are one rule's at a time", () => {
    const { rig, ping, outcomes } = met(leavesFrom(1));
    rig.ask();
    expect(outcomes()).toEqual(["another rule has taken this connection's PINGs"]);
    ping();
    ping();
    expect(rig.pongs).toEqual(["00000001"]);
    expect(rig.told("done")).toHaveLength(1);
  });
});
