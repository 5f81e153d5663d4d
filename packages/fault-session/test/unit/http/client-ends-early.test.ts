/** A client that says the beginning of a request and ends its stream: what it said goes on, as if nobody had looked. */
import { describe, expect, it } from "vitest";
import { post, sampleFaults } from "../../support/sample-faults.ts";
import { scriptedPolicy } from "../../support/scripted-policy.ts";
import { SocketPair } from "../../support/socket-pair.ts";

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
const beginnings = ["G", "GET ", "GET / HTTP/1.1\r\nHost: api.test", "GET / HTTP/1.1\r\nHost: api.test\r\n"];

describe("a client that ends its stream within a head", () => {
  it.each(beginnings)("%j: the upstream gets it, and the end", (beginning) => {
    const pair = new SocketPair({ policy: scriptedPolicy() });
    pair.says("client", beginning);
    pair.ends("client");
    expect(text(pair.got("server"))).toBe(beginning);
    expect(pair.endOf("server")).toBe("fin");
  });

  it.each(beginnings)("%j behind a whole request: the upstream gets both", (beginning) => {
    const pair = new SocketPair({ policy: scriptedPolicy() });
    pair.says("client", post + beginning);
    pair.ends("client");
    expect(text(pair.got("server"))).toBe(post + beginning);
  });

  it("within the line of a chunk's size: the upstream gets that, too", () => {
    const chunked = "POST / HTTP/1.1\r\nHost: api.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n5;x=";
    const pair = new SocketPair({ policy: scriptedPolicy() });
    pair.says("client", chunked);
    pair.ends("client");
    expect(text(pair.got("server"))).toBe(chunked);
  });

  it("within a body that rules wait for: the upstream gets what there is of it", () => {
    const beginning = post.slice(0, -5);
    const pair = new SocketPair({ policy: scriptedPolicy({ needsBody: true }) });
    pair.says("client", beginning);
    expect(text(pair.got("server"))).toBe("");
    pair.ends("client");
    expect(text(pair.got("server"))).toBe(beginning);
    expect(pair.endOf("server")).toBe("fin");
    pair.ends("server");
    expect(pair.isClosed).toBe(true);
  });

  it("behind a request that is answered here: the upstream gets the beginning alone", () => {
    const pair = new SocketPair({ policy: scriptedPolicy({ request: () => sampleFaults["http.error"] }) });
    pair.says("client", `${post}GET `);
    pair.ends("client");
    expect(text(pair.got("server"))).toBe("GET ");
    expect(text(pair.got("client"))).toMatch(/^HTTP\/1\.1 429 /);
  });
});
