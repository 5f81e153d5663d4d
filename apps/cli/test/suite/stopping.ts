/** The plugin is stopped while a host works with it: no client waits for a plugin that has gone. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { CertificateAuthority } from "@faultwire/cert-authority";
import { type Origin, startByteOrigin } from "@faultwire/testkit/byte-origin";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type RunningFaultwire, startFaultwire } from "../faultwire-process.ts";
import { openTunnel } from "../tunnel-client.ts";
import type { RunningHost, StartHost } from "./start-host.ts";

/** Its HTTPS is opened. */
const target = "api.anthropic.com";
/** Its HTTPS stays closed. */
const other = "other.test";

/** What becomes of a request: a whole answer, or the end of its connection. A third there must not be. */
type Got = "answered" | "ended";

/** A program's connection through the host, which stays for several requests. */
class Client {
  readonly #socket: Socket;
  #text = "";
  #isOver = false;
  #waiting: (() => void)[] = [];

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (data: Buffer) => {
      this.#text += data.toString("latin1");
      this.#changed();
    });
    for (const event of ["end", "close", "error"])
      socket.on(event, () => {
        this.#isOver = true;
        this.#changed();
      });
  }

  /** Asks for so many events, so far apart, and waits for the last. */
  ask(events: number, gapMs = 0): Promise<Got> {
    this.begin(events, gapMs);
    return this.got(/0\r\n\r\n$/);
  }

  begin(events: number, gapMs = 0): void {
    this.#text = "";
    this.#socket.write(`GET /events/${events}?gapMs=${gapMs} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
  }

  /** Waits for a text, or for the end of the connection; the test's own time limit ends a wait in vain. */
  async got(text: RegExp): Promise<Got> {
    while (!text.test(this.#text)) {
      if (this.#isOver) return "ended";
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return "answered";
  }

  close(): void {
    this.#socket.destroy();
  }

  #changed(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** Faster than the host's own ten seconds where the host can be told so; with the real one these tests take minutes. */
export function stoppingThrough(startHost: StartHost): void {
  let authority: CertificateAuthority;
  let secure: Origin;
  let clear: Origin;
  let scratch: string;
  let upstreamCa: string;
  let faultwire: RunningFaultwire;
  let host: RunningHost;
  const clients: Client[] = [];

  beforeAll(async () => {
    authority = await CertificateAuthority.ephemeral({ targets: [target, other] });
    scratch = mkdtempSync(join(tmpdir(), "faultwire-stopping-"));
    upstreamCa = join(scratch, "upstream.pem");
    writeFileSync(upstreamCa, authority.certificatePem);
    secure = await startByteOrigin({ tls: { SNICallback: authority.sniCallback } });
    clear = await startByteOrigin();
  });
  afterAll(async () => {
    await Promise.all([secure.close(), clear.close()]);
    rmSync(scratch, { recursive: true, force: true });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    // A second signal hurries; where there was none, nothing keeps a plugin whose host has gone.
    await host.close();
    await faultwire.stop();
  });

  async function start(command: "serve" | "start" = "serve"): Promise<void> {
    const always = ["--upstream-ca", upstreamCa, "--error-probability", "0", "--log-format", "json"];
    faultwire = await startFaultwire(command, ...always);
    host = await startHost(faultwire.ready.plugins);
  }

  async function connect(kind: "in clear" | "opened" | "closed"): Promise<Client> {
    const socket = await openTunnel(
      host.proxyUrl,
      `127.0.0.1:${kind === "in clear" ? clear.port : secure.port}`,
    );
    let carried: Socket = socket;
    if (kind !== "in clear") {
      const ca = kind === "opened" ? readFileSync(faultwire.ready.caCert, "utf8") : authority.certificatePem;
      carried = connectTls({ socket, servername: kind === "opened" ? target : other, ca });
    } else socket.resume();
    const client = new Client(carried);
    clients.push(client);
    return client;
  }

  const signal = (): boolean => process.kill(faultwire.pid, "SIGTERM");
  const logged = async (event: string): Promise<void> => {
    await expect.poll(() => faultwire.stderr()).toContain(`"event":"${event}"`);
  };

  /** A stream without end, and a second signal in the middle of it: the client hears an end. */
  async function hurriedInStream(client: Client): Promise<void> {
    client.begin(1_000_000, 100);
    await client.got(/data: 3/);
    signal();
    await logged("draining");
    // Less than half a second later it would be the same signal, sent to the process and to its group.
    await client.got(/data: 12/);
    signal();
    expect(await client.got(/never/)).toBe("ended");
  }

  describe.each(["in clear", "opened", "closed"] as const)(
    "a connection %s",
    { timeout: 120_000 },
    (kind) => {
      it("that rests is served until the host knows, and does not hang behind that", async () => {
        await start();
        const [first, second] = [await connect(kind), await connect(kind)];
        expect([await first.ask(2), await second.ask(2)]).toEqual(["answered", "answered"]);
        signal();
        await logged("draining");
        expect(await first.ask(2)).toBe("answered");
        await logged("host-knows");
        expect(await second.ask(2)).toMatch(/answered|ended/);
      });

      it("that carries a stream gets it whole", async () => {
        await start();
        const client = await connect(kind);
        const stream = client.ask(40, 100);
        await client.got(/data: 3/);
        signal();
        expect(await stream).toBe("answered");
      });

      it("with a stream that does not end is ended when a second signal hurries", async () => {
        await start();
        const client = await connect(kind);
        await hurriedInStream(client);
        const { status, stdout } = await faultwire.finished;
        expect(status).toBe(0);
        expect(stdout).toContain("requests");
      });
    },
  );

  it("connections that begin meanwhile are answered or ended, and go without the plugin in the end", {
    timeout: 120_000,
  }, async () => {
    await start();
    let isOver = false;
    const over = faultwire.finished.then((finished) => {
      isOver = true;
      return finished;
    });
    const got: Got[] = [];
    const begin = async (): Promise<void> => {
      while (!isOver) got.push(await (await connect("closed")).ask(3, 10));
    };
    const beginning = Promise.all([begin(), begin()]);
    signal();
    expect((await over).status).toBe(0);
    await beginning;
    // The first two may have begun before. How many come meanwhile, the machine decides.
    expect(got.length).toBeGreaterThan(2);
    expect(await (await connect("closed")).ask(3)).toBe("answered");
  });

  it("the plugin of `start` ends in the same order", { timeout: 120_000 }, async () => {
    await start("start");
    const client = await connect("closed");
    await hurriedInStream(client);
    expect((await faultwire.finished).status).toBe(0);
  });

  it("a plugin that comes back says when its host has", { timeout: 120_000 }, async () => {
    await start();
    signal();
    await faultwire.finished;
    const [server = "", client = ""] = faultwire.ready.plugins.map((url) => new URL(url).port);
    const again = ["--port", server, "--client-port", client, "--upstream-ca", upstreamCa];
    faultwire = await startFaultwire("serve", ...again, "--log-format", "json");
    await logged("host-back");
    expect(faultwire.stderr()).toContain("the host polls again");
  });
}
