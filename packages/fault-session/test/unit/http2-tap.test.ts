/** Who hears what exchanges over HTTP/2 say to an upstream, and what it says. */
import type { Fault } from "@faultwire/fault-engine";
import { FrameReader, FrameType, Http2Connection, sectionOf } from "@faultwire/http2";
import { expect, it } from "vitest";
import { FaultDesk } from "../../src/index.ts";
import { TappedHttp2Exchanges } from "../../src/tap.ts";
import { sampleFaults } from "../support/sample-faults.ts";
import { scriptedPolicy } from "../support/scripted-policy.ts";

const preface = 24;

function rig(fault: Fault | null = null, isAsked = true) {
  const heard = { toUpstream: [] as Uint8Array[], fromUpstream: [] as Uint8Array[], ends: [] as string[] };
  const asked: unknown[] = [];
  const sent = { client: [] as Uint8Array[], server: [] as Uint8Array[] };
  const now = (): number => 0;
  const exchanges = new TappedHttp2Exchanges(
    {
      policy: scriptedPolicy({ request: () => fault }),
      desk: new FaultDesk(() => 0),
      now,
      unread: () => {},
      introduce: () => ({ connection: "c", client: "c", host: "api.test" }),
      port: {
        toClient: (bytes) => sent.client.push(bytes),
        toServer: (bytes) => sent.server.push(bytes),
        endClient: () => {},
        whenGone: (_what, told) => told(true),
        hasRoom: () => true,
        endServer: () => {},
      },
    },
    (connection) => {
      asked.push(connection);
      return {
        toUpstream: (bytes) => heard.toUpstream.push(new Uint8Array(bytes)),
        fromUpstream: (bytes) => heard.fromUpstream.push(new Uint8Array(bytes)),
        upstreamEnded: (how) => heard.ends.push(how),
        finish: () => heard.ends.push("over"),
      };
    },
    "https",
  );
  const silent = { headers: () => {}, data: () => {}, reset: () => {}, failed: () => {} };
  const client = new Http2Connection({ role: "client", now, handler: silent });
  const upstream = new Http2Connection({
    ...{ role: "server", now },
    handler: {
      ...silent,
      headers: (stream) => {
        upstream.respond(stream, sectionOf([[":status", "200"]]), false);
        upstream.data(stream, new TextEncoder().encode("hello"));
        upstream.end(stream, { kind: "trailers", section: sectionOf([["x-end", "1"]]) });
      },
    },
  });
  client.request(
    sectionOf([
      [":method", "GET"],
      [":scheme", "https"],
      [":authority", "api.test"],
      [":path", "/"],
    ]),
    true,
  );
  const ask = (): void => exchanges.fromClient(client.take());
  if (isAsked) ask();
  return { exchanges, upstream, sent, heard, asked, ask };
}

const joined = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
const typesOf = (bytes: Uint8Array): number[] => new FrameReader().push(bytes).map(({ type }) => type);

it("hears every byte both ways from the preface on, and is asked once", () => {
  const { exchanges, upstream, sent, heard, asked } = rig();
  for (const bytes of sent.server) upstream.push(bytes);
  const answer = upstream.take();
  exchanges.fromServer(answer);
  expect(asked).toEqual([{ scheme: "https", host: "api.test", protocol: "h2" }]);
  expect(joined(heard.toUpstream)).toEqual(joined(sent.server));
  expect(typesOf(joined(heard.toUpstream).subarray(preface))).toContain(FrameType.HEADERS);
  expect(joined(heard.fromUpstream)).toEqual(answer);
  exchanges.serverEnded("reset");
  exchanges.finish();
  expect(heard.ends).toEqual(["reset", "over"]);
});

it("hears what the upstream says before anybody has asked for something", () => {
  const { exchanges, upstream, heard, ask } = rig(null, false);
  const settings = upstream.take();
  exchanges.fromServer(settings);
  expect(heard.fromUpstream).toEqual([]);
  ask();
  expect(joined(heard.fromUpstream)).toEqual(settings);
  expect(joined(heard.toUpstream).subarray(0, 3)).toEqual(new TextEncoder().encode("PRI"));
});

it("hears no request that a fault answers, and no end that comes once the client has gone", () => {
  const { exchanges, heard } = rig(sampleFaults["http.error"]);
  expect(heard.toUpstream).toEqual([]);
  exchanges.clientEnded();
  exchanges.serverEnded("fin");
  expect(heard.ends).toEqual(["over"]);
});
