/** What a connection that a plugin carries does in the same call in which the plugin's stream, or a peer, ends. */
import { connectionLimits, type HostStream } from "@faultwire/connection-protocol";
import { beforeEach, describe, expect, it } from "vitest";
import { PluginCarrier } from "../../src/plugin/plugin-carrier.ts";
import { PluginTalk } from "../../src/plugin/plugin-talk.ts";
import { PlayedLine } from "../support/played-line.ts";

const said: string[] = [];
/** What is called when the plugin has read what was said. */
const gone: (() => void)[] = [];
const lines = { client: new PlayedLine(), upstream: new PlayedLine() };
let talk: PluginTalk;
let carrier: PluginCarrier;

beforeEach(() => {
  said.length = 0;
  gone.length = 0;
  lines.client = new PlayedLine();
  lines.upstream = new PlayedLine();
  const stream = {
    send: ({ message }, read) => {
      said.push(message.case ?? "");
      if (read) gone.push(read);
    },
    sendBytes: (_peer, data) => void said.push(`bytes ${data.length}`),
    cancel: () => void said.push("cancelled"),
  } as Pick<HostStream, "send" | "sendBytes" | "cancel"> as HostStream;
  talk = new PluginTalk(stream, 65_536);
  carrier = new PluginCarrier({
    talk,
    client: lines.client,
    dial: () => lines.upstream,
    unreachable: ({ message }) => message,
    onMoved() {},
  });
  talk.ears?.message({ case: "dial", value: { $typeName: "faultwire.connection.v1.Dial", peer: 1 } });
});

describe("a plugin", () => {
  const say = (message: Parameters<NonNullable<PluginTalk["ears"]>["message"]>[0]): void =>
    talk.ears?.message(message);
  const watch = (id: number): void =>
    say({
      case: "watch",
      value: { $typeName: "faultwire.connection.v1.Watch", id, peer: 0, isEnd: false },
    });
  const tooMuch = expect.objectContaining({ code: "too-much" });

  it("that asks, and does not read the answers, is left before they fill the process", () => {
    for (let id = 1; id <= connectionLimits.maxWatches; id++) {
      watch(id);
      for (const [, told] of lines.client.watched.splice(0)) told(true);
    }
    expect(said.filter((each) => each === "gone").length).toBe(connectionLimits.maxWatches);
    expect(() => watch(9999)).toThrow(tooMuch);
    for (const read of gone.splice(0, 1)) read();
    expect(() => watch(9999)).not.toThrow();
  });

  it("that asks about bytes which do not go out is left as well", () => {
    for (let id = 1; id <= connectionLimits.maxWatches; id++) watch(id);
    expect(() => watch(9999)).toThrow(tooMuch);
  });

  it("may say a byte at a time: a client that does not read costs few questions, and each byte gets its credit", () => {
    const bytes = 100_000;
    for (let sent = 0; sent < bytes; sent++)
      say({
        case: "bytes",
        value: { $typeName: "faultwire.connection.v1.Bytes", peer: 0, data: Uint8Array.of(1) },
      });
    expect(carrier.heldBytes.toClient).toBe(bytes);
    expect(lines.client.watched.length).toBeLessThan(10);
    for (let [asked] = lines.client.watched; asked; [asked] = lines.client.watched) {
      lines.client.watched.shift();
      asked[1](true);
    }
    expect(carrier.heldBytes.toClient).toBe(0);
  });
});

describe("in the same call", () => {
  it("both peers are reset where the plugin breaks off", () => {
    talk.ears?.over({ status: 14, message: "gone" });
    expect(lines).toMatchObject({ client: { done: ["reset"] }, upstream: { done: ["reset"] } });
  });

  it("a peer whose end was said before is closed where the plugin breaks off", () => {
    talk.ears?.message({
      case: "end",
      value: { $typeName: "faultwire.connection.v1.End", peer: 1, kind: 1 },
    });
    talk.ears?.over({ status: 14, message: "gone" });
    expect(lines).toMatchObject({ client: { done: ["reset"] }, upstream: { done: ["fin", "destroyed"] } });
  });

  it("both peers are closed where the plugin ends in order", () => {
    talk.ears?.over(undefined);
    expect(lines).toMatchObject({ client: { done: ["destroyed"] }, upstream: { done: ["destroyed"] } });
  });

  it("the plugin's stream is cancelled where the proxy ends the connection", () => {
    carrier.destroy();
    expect(said.at(-1)).toBe("cancelled");
    expect(lines).toMatchObject({ client: { done: ["destroyed"] }, upstream: { done: ["destroyed"] } });
  });

  it("the plugin hears that a peer's connection broke, also behind bytes that wait for credit", () => {
    lines.client.ears.data(new Uint8Array(100_000));
    lines.client.ears.ended("reset");
    lines.client.ears.closed();
    expect(said).toEqual(["bytes 65536", "end", "closed"]);
  });

  it("an upstream that can't be reached is told with its reason, and not as closed", () => {
    lines.upstream.ears.failed?.(new Error("nothing listens there"));
    lines.upstream.ears.closed();
    expect(said).toEqual(["dialFailed"]);
  });

  it("a client that goes on with another upstream is left alone", () => {
    carrier.leaveClient();
    expect(said).toEqual(["closed"]);
    talk.ears?.over(undefined);
    expect(lines).toMatchObject({ client: { done: [] }, upstream: { done: ["destroyed"] } });
  });
});
