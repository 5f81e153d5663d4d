/** The first bytes of a client of the proxy, and all that it says then: HTTP, SOCKS, TLS, the PROXY protocol. */

import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { FaultEngine, parseRuleFile } from "@faultwire/fault-engine";
import { Interception, type SessionEvent, withoutThrowing } from "@faultwire/fault-session";
import { type Clock, carrierRuntime } from "@faultwire/runtime";
import { manualTimers } from "@faultwire/testkit/manual-timers";
import { helloVectors } from "@faultwire/testkit/tls-vectors";
import { Connection } from "../../apps/proxy/src/connection.ts";
import { OwnGuard } from "../../apps/proxy/src/front/own-guard.ts";
import { ownPages } from "../../apps/proxy/src/front/own-pages.ts";
import { OwnRoutes } from "../../apps/proxy/src/front/own-routes.ts";
import { ProxyAuth } from "../../apps/proxy/src/front/proxy-auth.ts";
import { readReverse } from "../../apps/proxy/src/front/reverse.ts";
import type { ProxyContext } from "../../apps/proxy/src/proxy-context.ts";
import { proxyLimits } from "../../apps/proxy/src/proxy-limits.ts";
import { type Authority, parseAuthority } from "../../apps/proxy/src/upstream/authority.ts";
import { Outgoing } from "../../apps/proxy/src/upstream/outgoing.ts";
import { UpstreamProxies } from "../../apps/proxy/src/upstream/upstream-proxies.ts";
import { openedByTests } from "../../packages/fault-session/test/support/tls-peers.ts";
import { deed, deedsOf, script } from "../contract/script.ts";
import { holds, type Target } from "../contract/target.ts";

/** One end of a connection in memory, with what the proxy uses of a socket. */
class Wire extends Duplex {
  readonly got: Buffer[] = [];
  connecting = false;
  remoteAddress = "127.0.0.1";
  remotePort = 50_000;
  localAddress = "127.0.0.1";
  localPort = 3180;

  constructor() {
    super({ allowHalfOpen: true });
  }
  override _read(): void {}
  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    this.got.push(Buffer.from(bytes));
    done();
  }
  resetAndDestroy(): this {
    return this.destroy();
  }
  setNoDelay(): this {
    return this;
  }
  says(bytes: Uint8Array): void {
    if (!this.readableEnded && !this.destroyed) this.push(Buffer.from(bytes));
  }
  get text(): string {
    return Buffer.concat(this.got).toString("latin1");
  }
}

const pino = { debug() {}, info() {}, warn() {}, error() {}, isLevelEnabled: () => false };
const rules = parseRuleFile(
  [
    "version: 1",
    "targets: [api.test]",
    "rules:",
    "  - name: down",
    "    match: { path: /down }",
    "    fault: { http: { status: 503 } }",
    "  - name: gone",
    "    match: { host: gone.test }",
    "    fault: { connect: { refuse: { status: 502 } } }",
    "",
  ].join("\n"),
  "faults.yaml",
).ruleSet;
const own = { address: "127.0.0.1", port: 3180 };
const guard = new OwnGuard({ names: [], origins: [], isOpenToOthers: false });
const ownRoutes = new OwnRoutes(ownPages({ url: () => "http://127.0.0.1:3180", caPem: undefined }));
/** Bytes that stay behind what one client says: of the requests that wait, and of the answers. */
const maxGotBytes = 2_000_000;

const socksTo = (name: string): Buffer =>
  Buffer.from(`\x05\x01\x00\x03${String.fromCharCode(name.length)}${name}\x01\xbb`, "latin1");
const proxied = Buffer.concat([
  Buffer.from("0d0a0d0a000d0a515549540a2111000c7f0000017f000001c35001bb", "hex"),
]);

export const target: Target = {
  maxBytes: 2500,
  maxSteps: 6_000_000,
  words: [
    ...[
      "CONNECT api.test:443 HTTP/1.1\r\n",
      "GET http://api.test/ HTTP/1.1\r\nHost: api.test\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: 127.0.0.1:3180\r\n\r\n",
      "/anthropic/v1/messages",
      "/upstream/https/api.test/",
      "http://faultwire.local/",
    ],
    ...[
      "\x05\x01\x00",
      "\x05\x01\x00\x01\x7f\x00\x00\x01\x01\xbb",
      "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c",
      "\x16\x03\x01",
      "Proxy-Authorization: Basic dTpw\r\n",
      "Origin: http://evil.test\r\n",
      "Content-Length: 5\r\n\r\nhello",
      "\xf7\x00",
      "\xf7\x01",
      "\xf7\x02",
      "\xf7\x04",
      "\xf7\x05",
    ],
  ],
  seeds: () => [
    script(
      [0],
      deed(0, 0, "CONNECT api.test:80 HTTP/1.1\r\nHost: api.test:80\r\n\r\n"),
      deed(0, 0, "GET /down HTTP/1.1\r\nHost: api.test\r\n\r\n"),
      deed(1, 0, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
      deed(2),
    ),
    script(
      [0],
      deed(
        0,
        0,
        "GET http://api.test/ HTTP/1.1\r\nHost: api.test\r\n\r\nGET http://other.test/ HTTP/1.1\r\nHost: other.test\r\n\r\n",
      ),
      deed(1, 0, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
      deed(1, 0, "HTTP/1.1 204 No Content\r\n\r\n"),
      deed(3),
    ),
    script(
      [0],
      deed(
        0,
        0,
        "POST /anthropic/v1/messages HTTP/1.1\r\nHost: localhost:3180\r\nContent-Length: 2\r\n\r\n{}",
      ),
      deed(
        1,
        0,
        "HTTP/1.1 302 Found\r\nLocation: https://api.anthropic.com/x\r\nSet-Cookie: a=b; Domain=api.anthropic.com\r\nContent-Length: 0\r\n\r\n",
      ),
    ),
    script(
      [0],
      deed(0, 0, "GET / HTTP/1.1\r\nHost: 127.0.0.1:3180\r\n\r\n"),
      deed(0, 0, "GET /none HTTP/1.1\r\nHost: localhost:3180\r\n\r\n"),
    ),
    script(
      [0],
      deed(0, 0, "\x05\x01\x00"),
      deed(0, 0, socksTo("api.test").subarray(0, 3)),
      deed(0, 0, socksTo("api.test").subarray(3)),
      deed(0, 0, "GET /down HTTP/1.1\r\nHost: api.test\r\n\r\n"),
    ),
    script([0], deed(0, 0, proxied), deed(0, 0, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"), deed(5)),
    script([1], deed(0, 0, "CONNECT api.test:80 HTTP/1.1\r\nProxy-Authorization: Basic dTpw\r\n\r\n")),
    script(
      [2],
      deed(0, 0, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n"),
      deed(1, 0, "HTTP/1.1 301 Moved\r\nLocation: https://rev.test/y\r\nContent-Length: 0\r\n\r\n"),
    ),
    script([0], deed(0, 0, "CONNECT gone.test:443 HTTP/1.1\r\n\r\n"), deed(4, 3)),
    script([4], deed(0, 0, "CONNECT api.test:443 HTTP/1.1\r\n\r\n"), deed(4, 3)),
    ...helloVectors()
      .slice(0, 8)
      .map(({ bytes }) => script([0], deed(0, 0, bytes.subarray(0, 1200)), deed(4, 3))),
    ...helloVectors()
      .slice(8, 12)
      .map(({ bytes }) =>
        script(
          [0],
          deed(0, 0, "CONNECT api.test:443 HTTP/1.1\r\n\r\n"),
          deed(0, 0, bytes.subarray(0, 1200)),
          deed(1, 0, "\x15\x03\x03\x00\x02\x02\x28"),
        ),
      ),
  ],
  async run(input) {
    const [options = 0] = input;
    const timers = manualTimers();
    const clock = { now: timers.now, wallNow: timers.now, after: timers.after } as Clock;
    const engine = new FaultEngine({ startedAtMs: 0 });
    engine.setRules("file", rules);
    const told: SessionEvent[] = [];
    const intercept = openedByTests();
    const runtime = carrierRuntime({
      engine,
      logger: pino as never,
      clock,
      interception: intercept,
      onSessionEvent: (event) => told.push(event),
    });
    const interception = new Interception(intercept, clock.now);
    const upstreams: Wire[] = [];
    const dialled: Authority[] = [];
    const context: ProxyContext = {
      runtime,
      policy: withoutThrowing(runtime.policy, (question, message) =>
        runtime.tell({ type: "policy-bug", question, message }, {}),
      ),
      interception,
      contexts: interception.contexts,
      dialler: {
        isOwnMatter: () => false,
        dial: (authority: Authority) => {
          dialled.push(authority);
          const wire = new Wire();
          upstreams.push(wire);
          wire.connecting = true;
          wire.on("error", () => {});
          setImmediate(() => {
            wire.connecting = false;
            if ((options & 4) !== 0)
              wire.destroy(Object.assign(new Error("refused"), { code: "ECONNREFUSED" }));
            else if (!wire.destroyed) wire.emit("connect");
          });
          return wire as unknown as Socket;
        },
      } as never,
      outgoing: new Outgoing(),
      upstreamProxies: new UpstreamProxies(undefined),
      via: "faultwire-0123456789ab",
      mayComeBack: () => false,
      plugin: undefined,
      auth: (options & 1) === 0 ? undefined : new ProxyAuth("u:p"),
      ownRoutes,
      guard,
      reverse: (options & 2) === 0 ? undefined : readReverse("http://rev.test"),
      sniDefault: (options & 8) === 0 ? undefined : "api.test",
      own: () => own,
      isLazy: (options & 16) !== 0,
      http2Mode: (options & 32) !== 0 ? "on" : "alone",
      standIn: undefined,
      tap: undefined,
      limits: proxyLimits,
    };
    const client = new Wire();
    client.on("error", () => {});
    let isClosed = false;
    const connection = new Connection(1, client as unknown as Socket, context, () => {
      isClosed = true;
    });
    const settle = async (): Promise<void> => {
      for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
    };
    for (const { what, how, bytes } of deedsOf(input.subarray(1)).slice(0, 24)) {
      if (what === 1) upstreams.at(-1)?.says(bytes);
      else if (what === 2) client.push(null);
      else if (what === 3) upstreams.at(-1)?.push(null);
      else if (what === 4) {
        timers.advance([1, 10, 100, 1000, 5000, 60_000, 0, 333][how] ?? 1);
        connection.guard(() => connection.look(timers.now()));
      } else if (what === 5)
        (how > 3 ? client : upstreams.at(-1))?.destroy(
          Object.assign(new Error("reset"), { code: "ECONNRESET" }),
        );
      else if (how === 0) client.says(bytes);
      else for (let at = 0; at < bytes.length; at += how) client.says(bytes.subarray(at, at + how));
      await settle();
      const got = client.got.reduce((sum, { length }) => sum + length, 0);
      holds(got < maxGotBytes, `${got} bytes for one client`);
    }
    const bug = told.find(({ type }) => type === "bug" || type === "policy-bug") as
      | { readonly message?: string }
      | undefined;
    holds(bug === undefined, `no error of ours: ${bug?.message}`);
    for (const { host, port } of dialled) {
      const text = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
      const read = parseAuthority(text);
      holds(read?.host === host && read.port === port, `what is dialled is a host and a port: ${text}`);
    }
    const answer = client.text;
    const isReadable =
      answer === "" || /^HTTP\/1\.1 \d{3}/.test(answer) || "\x05\x15\x16".includes(answer.charAt(0));
    holds(
      isReadable || dialled.length > 0,
      `an answer of ours is one that the client can read: ${JSON.stringify(answer.slice(0, 80))}`,
    );
    connection.destroy();
    client.destroy();
    for (const wire of upstreams) wire.destroy();
    await settle();
    timers.advance(10_000_000);
    await settle();
    holds(isClosed, "a connection that ends is gone");
    holds(timers.armed === 0, `no timer stays: ${timers.armed}`);
  },
};
