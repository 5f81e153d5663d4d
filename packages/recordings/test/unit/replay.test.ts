import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls, createSecureContext } from "node:tls";
import { soon } from "@faultwire/testkit/soon";
import { TestAuthority } from "@faultwire/testkit/test-authority";
import { afterEach, describe, expect, it } from "vitest";
import { Recordings, type Replay, type ReplayedRequest, startReplay } from "../../src/index.ts";
import { bytesOf, exchange, responseText } from "../support/exchange.ts";

let replay: Replay | undefined;
afterEach(() => replay?.close());

const post = (body: string): string =>
  `POST /v1/messages HTTP/1.1\r\nHost: api.test\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** Says something, and hears until the end or until so many bytes have come. */
async function hears(socket: Socket, said: string, bytes = Number.POSITIVE_INFINITY): Promise<string> {
  let heard = "";
  socket.write(said);
  const isEnough = new Promise<void>((resolve) => {
    socket.on("data", (chunk: Buffer) => {
      heard += chunk.toString("latin1");
      if (heard.length >= bytes) resolve();
    });
    socket.on("end", resolve);
    socket.on("error", () => resolve());
  });
  await soon(isEnough, `the rest of ${JSON.stringify(heard.slice(0, 200))}`);
  socket.removeAllListeners("data");
  return heard;
}

async function open(): Promise<Socket> {
  const socket = connect(replay!.port, "127.0.0.1");
  await soon(once(socket, "connect"), "the event connect of socket");
  return socket;
}

describe("a replay", () => {
  it("answers with the bytes that were recorded, in turn, on one connection, pipelined or not", async () => {
    const log: ReplayedRequest[] = [];
    const [one, two] = [exchange("1", "one"), exchange("2", "two")];
    replay = await startReplay({
      recordings: new Recordings([one, two]),
      speed: Infinity,
      log: (request) => log.push(request),
    });
    const wanted = responseText(two) + responseText(one);
    const socket = await open();
    expect(await hears(socket, post("2") + post("1"), wanted.length)).toBe(wanted);
    expect(await hears(socket, post("1"), responseText(one).length)).toBe(responseText(one));
    socket.destroy();
    expect(log.map(({ target, missing }) => [target, missing])).toEqual(
      Array.from({ length: 3 }, () => ["/v1/messages", undefined]),
    );
  });

  it("keeps the pauses between parts, or a part of them", async () => {
    const recorded = exchange("1", "late");
    const slow = {
      ...recorded,
      response: {
        ...recorded.response,
        parts: recorded.response.parts.map((part, at) => ({ ...part, atMs: at * 400 })),
      },
    };
    replay = await startReplay({ recordings: new Recordings([slow]), speed: 2 });
    const socket = await open();
    const askedAt = performance.now();
    await hears(socket, post("1"), responseText(recorded).length);
    // Since the request, which was not there sooner: the first part may be late itself. Timers may fire a millisecond early.
    expect(performance.now() - askedAt).toBeGreaterThan(198);
    socket.destroy();
  });

  it("takes thousands of parts, and of pipelined requests, at once", async () => {
    const recorded = exchange("1", "x".repeat(20_000));
    const [head, body] = recorded.response.parts;
    const parts = [head!, ...Array.from(body!.bytes, (byte) => ({ atMs: 45, bytes: Uint8Array.of(byte) }))];
    const recordings = new Recordings([
      { ...recorded, response: { parts, end: "open" } },
      exchange("2", "y"),
    ]);
    replay = await startReplay({ recordings, speed: Infinity });
    const socket = await open();
    const long = responseText(recorded);
    expect((await hears(socket, post("1"), long.length)) === long).toBe(true);
    const short = responseText(exchange("2", "y"));
    const many = await hears(socket, post("2").repeat(5000), short.length * 5000);
    expect(many === short.repeat(5000)).toBe(true);
    socket.destroy();
  });

  it("keeps the time of a part since the answer was begun, and does not add up what each was late", async () => {
    const recorded = exchange("1", "x".repeat(100));
    const [head, body] = recorded.response.parts;
    const parts = [
      { ...head!, atMs: 0 },
      ...Array.from(body!.bytes, (byte, at) => ({ atMs: 5 * (at + 1), bytes: Uint8Array.of(byte) })),
    ];
    replay = await startReplay({
      recordings: new Recordings([{ ...recorded, response: { parts, end: "open" } }]),
    });
    const socket = await open();
    const begunAt = performance.now();
    await hears(socket, post("1"), responseText(recorded).length);
    // A timer of Node is up to a millisecond late, and there are a hundred of them.
    expect(performance.now() - begunAt).toBeGreaterThan(495);
    socket.destroy();
  });

  it("ends and breaks connections as the upstream did", async () => {
    const ended = (end: "fin" | "reset", body: string) => {
      const of = exchange(body, "x");
      return { ...of, response: { ...of.response, end } };
    };
    replay = await startReplay({
      recordings: new Recordings([ended("fin", "1"), ended("reset", "2")]),
      speed: Infinity,
    });
    const first = await open();
    expect(await hears(first, post("1"))).toBe(responseText(exchange("1", "x")));
    first.destroy();
    const second = await open();
    const broken = once(second, "error");
    second.resume();
    second.write(post("2"));
    const [error] = (await soon(broken, "the reset")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNRESET");
  });

  it("says that a request was never recorded, and goes on", async () => {
    const log: ReplayedRequest[] = [];
    const recorded = exchange("1", "one");
    replay = await startReplay({
      recordings: new Recordings([recorded]),
      speed: Infinity,
      log: (request) => log.push(request),
    });
    const response = await fetch(`${replay.url}/v1/messages`, { method: "POST", body: "1" });
    expect(response.status).toBe(404);
    expect(response.headers.get("x-faultwire-replay")).toBe("not-recorded");
    const host = `127.0.0.1:${replay.port}`;
    const why = `nothing was recorded of ${host}; of other hosts: api.test`;
    expect(await response.json()).toEqual({
      type: "error",
      error: { type: "not_recorded_error", message: `Faultwire's replay has no answer: ${why}` },
    });
    expect(log).toEqual([{ method: "POST", target: "/v1/messages", host, missing: why }]);
    const head = await fetch(replay.url, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([404, ""]);
  });

  it("asks for a body that waits for it, and closes behind what is no request", async () => {
    replay = await startReplay({ recordings: new Recordings([exchange("1", "one")]), speed: Infinity });
    const socket = await open();
    const waiting = post("1")
      .replace("Content-Length", "Expect: 100-continue\r\nContent-Length")
      .slice(0, -1);
    expect(await hears(socket, waiting, 25)).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    const wanted = responseText(exchange("1", "one"));
    expect(await hears(socket, "1", wanted.length)).toBe(wanted);
    expect(await hears(socket, "no request\r\n\r\n")).toMatch(/^HTTP\/1.1 400 /);
  });

  it("says 100 Continue once, where one was recorded as well", async () => {
    const recorded = exchange("1", "one");
    const [head, body] = recorded.response.parts;
    const early = { atMs: 1, bytes: bytesOf("HTTP/1.1 100 Continue\r\nX-A: b\r\n\r\n") };
    replay = await startReplay({
      recordings: new Recordings([{ ...recorded, response: { parts: [early, head!, body!], end: "open" } }]),
      speed: Infinity,
    });
    const expects = post("1").replace("Content-Length", "Expect: 100-continue\r\nContent-Length");
    const wanted = `HTTP/1.1 100 Continue\r\n\r\n${responseText(recorded)}`;
    const first = await open();
    expect(await hears(first, expects, wanted.length)).toBe(wanted);
    first.destroy();
    // A client that did not ask for it gets what was recorded.
    const second = await open();
    expect(await hears(second, post("1"), early.bytes.length + responseText(recorded).length)).toMatch(
      /^HTTP\/1\.1 100 Continue\r\nX-A: b\r\n/,
    );
    second.destroy();
  });

  it("speaks TLS with a certificate for each name, and breaks that, too", async () => {
    const authority = new TestAuthority("Recordings test");
    const names: string[] = [];
    const of = exchange("1", "x");
    const recordings = new Recordings([{ ...of, response: { ...of.response, end: "reset" } }]);
    replay = await startReplay({
      recordings,
      speed: Infinity,
      secureContextFor: (serverName) => {
        names.push(serverName);
        return createSecureContext(authority.issue(serverName));
      },
    });
    const socket = connectTls({
      ...{ port: replay.port, host: "127.0.0.1", servername: "api.test" },
      ca: authority.caPem,
      ALPNProtocols: ["h2", "http/1.1"],
    });
    await soon(once(socket, "secureConnect"), "the event secureConnect of socket");
    expect(socket.alpnProtocol).toBe("http/1.1");
    const broken = once(socket, "error");
    socket.resume();
    socket.write(bytesOf(post("1")));
    const [error] = (await soon(broken, "the reset")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNRESET");
    expect(names).toEqual(["api.test"]);
  });

  it("cuts what is open when it is closed, and is closed then", async () => {
    replay = await startReplay({ recordings: new Recordings([exchange("1", "one")]), speed: Infinity });
    const [resting, asked] = [await open(), await open()];
    const short = responseText(exchange("1", "one"));
    expect(await hears(asked, post("1"), short.length)).toBe(short);
    const gone = [resting, asked].map((socket) => once(socket.resume(), "close"));
    await soon(replay.close(), "the end of the replay");
    await soon(Promise.all(gone), "the end of the connections");
    await expect(open()).rejects.toThrow("ECONNREFUSED");
  });

  it("inside of TLS breaks the connection of the client that was answered, and no other", async () => {
    const authority = new TestAuthority("Recordings test");
    const of = exchange("1", "x");
    replay = await startReplay({
      recordings: new Recordings([{ ...of, response: { ...of.response, end: "reset" } }, exchange("2", "y")]),
      speed: Infinity,
      secureContextFor: (serverName) => createSecureContext(authority.issue(serverName)),
    });
    const secure = async (): Promise<Socket> => {
      const socket = connectTls({
        ...{ port: replay!.port, host: "127.0.0.1", servername: "api.test" },
        ca: authority.caPem,
      });
      await soon(once(socket, "secureConnect"), "the event secureConnect of socket");
      return socket;
    };
    const [before, broken, behind] = [await secure(), await secure(), await secure()];
    const error = once(broken, "error");
    broken.resume();
    broken.write(bytesOf(post("1")));
    expect(((await soon(error, "the reset")) as [NodeJS.ErrnoException])[0].code).toBe("ECONNRESET");
    const short = responseText(exchange("2", "y"));
    for (const socket of [before, behind]) {
      expect(await hears(socket, post("2"), short.length)).toBe(short);
      socket.destroy();
    }
  });

  it.runIf(process.platform === "linux")(
    "inside of TLS tells clients of the same port at other addresses apart",
    async () => {
      const authority = new TestAuthority("Recordings test");
      const of = exchange("1", "x");
      const broken = { ...of, response: { ...of.response, end: "reset" as const } };
      replay = await startReplay({
        recordings: new Recordings([broken, exchange("2", "y")]),
        speed: Infinity,
        secureContextFor: (serverName) => createSecureContext(authority.issue(serverName)),
      });
      const secure = async (localAddress: string, localPort: number): Promise<Socket> => {
        const plain = connect({ port: replay!.port, host: "127.0.0.1", localAddress, localPort });
        await soon(once(plain, "connect"), "the event connect of plain");
        const socket = connectTls({ socket: plain, servername: "api.test", ca: authority.caPem });
        await soon(once(socket, "secureConnect"), "the event secureConnect of socket");
        return socket;
      };
      const whole = await secure("127.0.0.2", 0);
      const cut = await secure("127.0.0.3", whole.localPort!);
      const error = once(cut, "error");
      cut.resume();
      cut.write(bytesOf(post("1")));
      expect(((await soon(error, "the reset")) as [NodeJS.ErrnoException])[0].code).toBe("ECONNRESET");
      const short = responseText(exchange("2", "y"));
      expect(await hears(whole, post("2"), short.length)).toBe(short);
      whole.destroy();
    },
  );

  it("refuses a speed that is none, and a port that is taken", async () => {
    const recordings = new Recordings([]);
    await expect(startReplay({ recordings, speed: 0 })).rejects.toThrow(
      "speed is 0; a number above 0 expected",
    );
    replay = await startReplay({ recordings });
    await expect(startReplay({ recordings, port: replay.port })).rejects.toThrow("(EADDRINUSE)");
  });
});
