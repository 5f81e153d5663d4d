import { describe, expect, it } from "vitest";
import { copyUntilBothEnd, copyUntilOneFails } from "../../src/poll/copy-both-ways.ts";
import { bytes } from "../suite/host-under-test.ts";
import { FakeStream } from "./fake-streams.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe("copying both ways", () => {
  it("a CONNECT tunnel is over when both directions are, and reports the first error", async () => {
    const client = new FakeStream();
    const upstream = new FakeStream();
    client.incoming.push("error");
    const copy = copyUntilBothEnd(client, upstream);
    await turn();
    expect(client.dropped).toBe(false);
    upstream.incoming.push(bytes("late"), "end");
    upstream.waitingReader!.wake();
    expect(await copy.finished).toEqual({ kind: "failed", reason: "scripted" });
    expect(client.text()).toBe("late");
    expect([client.shutdowns, upstream.shutdowns]).toEqual([1, 0]);
    expect([client.dropped, upstream.dropped]).toEqual([true, true]);
  });

  it("a TCP mapping is over with the first error", async () => {
    const client = new FakeStream();
    const upstream = new FakeStream();
    client.incoming.push("error");
    expect(await copyUntilOneFails(client, upstream).finished).toEqual({
      kind: "failed",
      reason: "scripted",
    });
    expect([client.dropped, upstream.dropped]).toEqual([true, true]);
  });

  it("both count their bytes", async () => {
    for (const copyBothWays of [copyUntilBothEnd, copyUntilOneFails]) {
      const client = new FakeStream();
      const upstream = new FakeStream();
      client.incoming.push(bytes("up"), "end");
      upstream.incoming.push(bytes("down!"), "end");
      const outcome = await copyBothWays(client, upstream).finished;
      expect(outcome).toEqual({ kind: "ended", fromClient: 2, fromUpstream: 5 });
    }
  });

  it("whatever wakes one direction polls the other too", async () => {
    const client = new FakeStream();
    const upstream = new FakeStream();
    const copy = copyUntilBothEnd(client, upstream);
    await turn();
    const before = upstream.reads;
    client.waitingReader!.wake();
    await turn();
    expect(upstream.reads).toBe(before + 1);
    copy.stop();
    expect((await copy.finished).kind).toBe("failed");
  });
});
