/** gRPC calls through the proxy on real sockets, inside of TLS and in clear: bytes of messages, heads, trailers, and what is told. */
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { describe, expect, it } from "vitest";
import { ask, type Got, type Http2World, http2World, type WorldOptions } from "../support/http2-world.ts";

const message = (text: string, flag = 0): Buffer => {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(text.length, 1);
  return Buffer.concat([prefix, Buffer.from(text)]);
};
const all = ["one", "second", "3"].map((text) => message(text));
const [one = Buffer.alloc(0), two = Buffer.alloc(0)] = all;

/** Says three messages, whose frames are not the messages' own, and then OK. */
function serve(stream: ServerHttp2Stream): void {
  stream.resume();
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0", "x-cost": "7" }));
  const wire = Buffer.concat(all);
  stream.write(wire.subarray(0, 3));
  stream.write(wire.subarray(3, 12));
  stream.end(wire.subarray(12));
}

const callOf = (path = "/helloworld.Greeter/SayHello") => ({
  ":path": path,
  ":method": "POST",
  "content-type": "application/grpc+proto",
  te: "trailers",
});
const question = message("secret");

const plainFields = (fields: IncomingHttpHeaders | undefined): [string, string][] =>
  Object.entries(fields ?? {}).map(([name, value]): [string, string] => [name, String(value)]);

interface Called extends Http2World {
  readonly got: Got;
}

async function call(protocol: "h2" | "h2c", rule: string, more: Partial<WorldOptions> = {}): Promise<Called> {
  const rules = rule === "" ? "[]" : `[{ name: r, ${rule} }]`;
  const world = await http2World({ protocol, rules, serve, ...more });
  const got = await ask(await world.client(), callOf(), question);
  return { ...world, got };
}

const wireOf = ({ body }: Got): string => body.toString("hex");
const hex = (...parts: readonly Buffer[]): string => Buffer.concat(parts).toString("hex");

describe.each(["h2", "h2c"] as const)("gRPC over %s", (protocol) => {
  it("passes byte for byte, and its messages and its status are told", async () => {
    const { got, running } = await call(protocol, "");
    expect([wireOf(got), got.isWhole]).toEqual([hex(...all), true]);
    expect(plainFields(got.trailers)).toEqual([
      ["grpc-status", "0"],
      ["x-cost", "7"],
    ]);
    await expect
      .poll(() => running.told("end"))
      .toMatchObject([
        {
          how: "complete",
          grpc: {
            client: { messages: 1, bytes: 6 },
            server: { messages: 3, bytes: 10 },
            status: { by: "server", code: 0 },
          },
        },
      ]);
    expect(JSON.stringify(running.told("request"))).not.toContain("secret");
  });

  it("grpc.status at once: one head, no upstream", async () => {
    let calls = 0;
    const { got, running } = await call(
      protocol,
      "fault: { grpc: { status: { code: UNAVAILABLE, message: 'später, 50 %', retryInfo: 2s, pushback: 500ms } } }",
      { serve: () => calls++ },
    );
    expect(plainFields(got.headers).map(([name, value]) => `${name}: ${value}`)).toEqual([
      ":status: 200",
      "content-type: application/grpc",
      "grpc-status: 14",
      "grpc-message: sp%C3%A4ter, 50 %25",
      "grpc-status-details-bin: CA4SDXNww6R0ZXIsIDUwICUaMAoodHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLlJldHJ5SW5mbxIECgIIAg",
      "grpc-retry-pushback-ms: 500",
      "x-faultwire: r",
    ]);
    expect([got.body.length, got.trailers, got.isWhole, calls]).toEqual([0, undefined, true, 0]);
    await expect
      .poll(() => running.told("end"))
      .toMatchObject([
        { how: "complete", grpc: { status: { by: "fault", code: 14, retryDelayMs: 2000, pushback: 500 } } },
      ]);
    expect(running.told("done")).toMatchObject([{ fault: "grpc.status" }]);
  });

  it("grpc.status behind two messages: trailers of ours, and the upstream's call is cancelled", async () => {
    const codes: number[] = [];
    const { got, running } = await call(
      protocol,
      "fault: { grpc: { status: { code: 8, afterMessages: 2 } } }",
      {
        serve: (stream) => {
          stream.on("close", () => codes.push(stream.rstCode));
          stream.respond({ ":status": 200, "content-type": "application/grpc" });
          stream.write(Buffer.concat(all));
        },
      },
    );
    expect([wireOf(got), got.isWhole]).toEqual([hex(one, two), true]);
    expect(plainFields(got.trailers)).toEqual([
      ["grpc-status", "8"],
      ["x-faultwire", "r"],
    ]);
    await expect.poll(() => codes).toEqual([8]);
    await expect
      .poll(() => running.told("end"))
      .toMatchObject([{ how: "complete", grpc: { status: { code: 8 } } }]);
  });

  it("grpc.cut: a reset, half a message, an end without trailers, the end of the connection", async () => {
    const cutBy = (more: string): Promise<Called> =>
      call(protocol, `fault: { grpc: { cut: { afterMessages: 1, ${more} } } }`);
    const reset = await cutBy("stop: reset");
    expect([wireOf(reset.got), reset.got.code, reset.got.trailers]).toEqual([hex(one), 2, undefined]);
    await expect
      .poll(() => reset.running.told("end"))
      .toMatchObject([{ how: "cut", grpc: { status: null } }]);
    const half = await cutBy("midMessage: true");
    expect([wireOf(half.got), half.got.code]).toEqual([hex(one, two.subarray(0, 5)), 2]);
    const silent = await cutBy("stop: no-trailers");
    expect([wireOf(silent.got), silent.got.code, silent.got.trailers]).toEqual([
      hex(one),
      undefined,
      undefined,
    ]);
    const closed = await cutBy("stop: fin");
    expect([wireOf(closed.got), closed.got.trailers]).toEqual([hex(one), undefined]);
    await expect.poll(() => closed.running.told("done")).toMatchObject([{ fault: "grpc.cut" }]);
  });

  it.each([
    ["compressed-flag", hex(one, message("second", 1), all[2]!)],
    ["reserved-flag", hex(one, message("second", 2), all[2]!)],
    ["oversized-length", hex(one, Buffer.from("00ffffffff", "hex"), Buffer.from("second"), all[2]!)],
    ["long-length", hex(one, Buffer.from("0000000007", "hex"), Buffer.from("second"), all[2]!)],
  ])("grpc.garbage: %s", async (how, wire) => {
    const { got } = await call(protocol, `fault: { grpc: { garbage: { how: ${how}, afterMessages: 1 } } }`);
    expect([wireOf(got), got.trailers?.["grpc-status"]]).toEqual([wire, "0"]);
  });

  it("http.error is a status in the head, or with a content-type HTTP's own", async () => {
    const error = await call(protocol, "fault: { http: { status: 503, body: no healthy upstream } }");
    expect(plainFields(error.got.headers).map(([name, value]) => `${name}: ${value}`)).toEqual([
      ":status: 200",
      "content-type: application/grpc",
      "x-faultwire: r",
      "grpc-status: 14",
      "grpc-message: no healthy upstream",
    ]);
    expect([error.got.body.length, error.got.isWhole]).toEqual([0, true]);
    const page = await call(
      protocol,
      "fault: { http: { status: 502, body: <h1>Bad Gateway</h1>, headers: { content-type: text/html } } }",
    );
    expect([page.got.status, page.got.body.toString()]).toEqual([502, "<h1>Bad Gateway</h1>"]);
  });

  it("match.grpc takes the calls of a service, and no others", async () => {
    const world = await http2World({
      protocol,
      serve,
      rules:
        "[{ name: r, match: { grpc: { service: helloworld.*, method: SayHello } }, fault: { grpc: { status: ABORTED } } }]",
    });
    const session = await world.client();
    const statusOf = async (path: string, more: object = {}): Promise<unknown> => {
      const { headers, trailers } = await ask(session, { ...callOf(path), ...more }, question);
      return headers["grpc-status"] ?? trailers?.["grpc-status"];
    };
    expect(await statusOf("/helloworld.Greeter/SayHello")).toBe("10");
    expect(await statusOf("/helloworld.Greeter/SayBye")).toBe("0");
    expect(await statusOf("/other.Greeter/SayHello")).toBe("0");
    expect(await statusOf("/helloworld.Greeter/SayHello", { "content-type": "application/json" })).toBe("0");
  });
});

describe("an upstream", () => {
  it("that can't be reached is UNAVAILABLE", async () => {
    const { got, running } = await call("h2", "", { isOffline: true });
    expect([got.status, got.headers["grpc-status"], got.headers["x-faultwire"]]).toEqual([
      200,
      "14",
      "upstream-unreachable",
    ]);
    await expect
      .poll(() => running.told("end"))
      .toMatchObject([{ grpc: { status: { by: "carrier", code: 14 } } }]);
  });

  it("that sends a head which is the end has its own status", async () => {
    const { got, running } = await call("h2", "fault: { grpc: { cut: { afterMessages: 0 } } }", {
      serve: (stream) => {
        stream.resume();
        stream.respond(
          { ":status": 200, "content-type": "application/grpc", "grpc-status": "12" },
          { endStream: true },
        );
      },
    });
    expect([got.headers["grpc-status"], got.isWhole]).toEqual(["12", true]);
    await expect
      .poll(() => running.told("undone"))
      .toMatchObject([{ reason: "the response has no gRPC messages" }]);
  });
});
