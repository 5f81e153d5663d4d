/** HTTPS opened inside a tunnel: what a real TLS client and a real TLS upstream get. */
import { ContentType, RecordReader } from "@faultwire/tls-parser";
import { describe, expect, it } from "vitest";
import { errorFault, scriptedPolicy } from "../../../fault-session/test/support/scripted-policy.ts";
import { HttpsTunnel } from "../support/https-tunnel.ts";

const get = (path = "/"): string => `GET ${path} HTTP/1.1\r\nHost: api.test\r\n\r\n`;
const ok = (body = "fine"): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const overloaded = errorFault("anthropic/overloaded_error", 1);
/** How long application data records are, sealed: one without a byte has 17 in TLS 1.3, and 16 or 24 in TLS 1.2. */
const applicationDataLengths = (bytes: Uint8Array): number[] =>
  [...new RecordReader().push(bytes)]
    .filter(({ type }) => type === ContentType.applicationData)
    .map(({ length }) => length);
const alternating = (share = 2): ReturnType<typeof scriptedPolicy> =>
  scriptedPolicy({ request: (number) => (number % share === 0 ? overloaded : null) });

it("tells a client of TLS 1.2 that it may not renegotiate, though the upstream has nothing to say", async () => {
  const only = { minVersion: "TLSv1.2", maxVersion: "TLSv1.2" } as const;
  const tunnel = new HttpsTunnel({ policy: scriptedPolicy({}), client: only, upstream: only });
  const asked = tunnel.serve(() => ok());
  await tunnel.settle();
  expect(await tunnel.exchange(get())).toBe(ok());
  tunnel.client.socket.renegotiate({}, () => {});
  await tunnel.settle();
  expect(tunnel.client.error).toMatchObject({ code: "ERR_SSL_NO_RENEGOTIATION" });
  expect(asked.map((head) => head.split(" HTTP")[0])).toEqual(["GET /", "OPTIONS /"]);
});

describe.each(["TLSv1.3", "TLSv1.2"] as const)("an opened connection with %s", (version) => {
  const only = { minVersion: version, maxVersion: version } as const;

  it.each([1, 2, 3, 5, 17, 1400, 4096])(
    "passes every byte on and answers what is to fail, in chunks of %i",
    async (chunkBytes) => {
      const policy = scriptedPolicy({ request: (number) => (number === 1 ? overloaded : null) });
      const tunnel = new HttpsTunnel({ policy, client: only, upstream: only, chunkBytes });
      const asked = tunnel.serve((head) =>
        head.startsWith("OPTIONS") ? "HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno" : ok(),
      );
      await tunnel.settle();
      expect(await tunnel.exchange(get("/one"))).toBe(ok());
      expect(await tunnel.exchange(get("/two"))).toMatch(/^HTTP\/1\.1 529 .*overloaded_error/s);
      expect(await tunnel.exchange(get("/three"))).toBe(ok());
      expect(asked.map((head) => head.split(" HTTP")[0])).toEqual(["GET /one", "OPTIONS /", "GET /three"]);
      expect(asked[0]).toBe(get("/one"));
      expect(tunnel.client.error).toBeUndefined();
      expect(tunnel.upstream.error).toBeUndefined();
    },
  );

  it("seals no record without a byte: openssl s_client waits behind one and reads nothing that is typed", async () => {
    const tunnel = new HttpsTunnel({ policy: scriptedPolicy({}), client: only, upstream: only });
    tunnel.serve(() => ok());
    await tunnel.settle();
    for (const path of ["/one", "/two"]) expect(await tunnel.exchange(get(path))).toBe(ok());
    for (const side of ["client", "server"] as const)
      for (const length of version === "TLSv1.3" ? [17] : [16, 24])
        expect(applicationDataLengths(tunnel.probe.got(side))).not.toContain(length);
  });

  it("cuts the session off without close_notify, though the upstream's own comes in the same chunk", async () => {
    const policy = scriptedPolicy({ connection: () => ({ kind: "tls.truncate", afterRecords: 1 }) });
    const tunnel = new HttpsTunnel({ policy, client: only, upstream: only });
    tunnel.serve(() => {
      queueMicrotask(() => tunnel.upstream.socket.end());
      return ok();
    });
    expect(await tunnel.exchange(get())).toBe(ok().replace("fine", ""));
    expect(tunnel.probe.ended).toContain("server");
    // An alert in TLS 1.2, a record of 19 bytes in TLS 1.3.
    const records = [...new RecordReader().push(tunnel.probe.got("client"))];
    expect(records.filter(({ type, length }) => type === ContentType.alert || length === 19)).toEqual([]);
  });

  it("sends nothing behind the record that a fault struck, though the same chunk brings more", async () => {
    const policy = scriptedPolicy({ connection: () => ({ kind: "tls.truncate", afterRecords: 0 }) });
    const tunnel = new HttpsTunnel({ policy, client: only, upstream: only });
    tunnel.serve(() => ok());
    expect(await tunnel.exchange(get())).toBe("");
  });

  it("ends behind its answer where the client asks for the end", async () => {
    const tunnel = new HttpsTunnel({ policy: alternating(1), client: only, upstream: only });
    tunnel.serve(() => "HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno");
    const closing = get().replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    expect(await tunnel.exchange(closing)).toMatch(/^HTTP\/1\.1 529 .*overloaded_error/s);
    expect(tunnel.client.error).toBeUndefined();
    expect(tunnel.client.socket.readableEnded).toBe(true);
  });

  it("answers the first request of a connection", async () => {
    const tunnel = new HttpsTunnel({ policy: alternating(1), client: only, upstream: only });
    const asked = tunnel.serve(() => "HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno");
    expect(await tunnel.exchange(get())).toMatch(/^HTTP\/1\.1 529 /);
    // In TLS 1.3 the upstream's tickets bring a call that is kept: then nobody has to be asked.
    expect(asked.length).toBeLessThanOrEqual(1);
    expect(await tunnel.exchange(get())).toMatch(/^HTTP\/1\.1 529 /);
  });
});

describe("a client that says nothing once it has our certificate", () => {
  const silences = (tunnel: HttpsTunnel): number =>
    tunnel.probe.events.filter(({ type }) => type === "silent").length;

  it("is told of after some seconds, because it may have refused our certificate without an alert", async () => {
    const tunnel = new HttpsTunnel({ policy: scriptedPolicy(), client: { ca: "" } });
    await tunnel.settle();
    expect(tunnel.client.error?.code).toMatch(/SELF_SIGNED|UNABLE_TO/);
    await tunnel.probe.run(4000);
    expect(silences(tunnel)).toBe(0);
    await tunnel.probe.run(2000);
    expect(silences(tunnel)).toBe(1);
  });

  it("is not told of where it speaks", async () => {
    const tunnel = new HttpsTunnel({ policy: scriptedPolicy() });
    tunnel.serve(() => ok());
    expect(await tunnel.exchange(get())).toBe(ok());
    await tunnel.probe.run(6000);
    expect(silences(tunnel)).toBe(0);
  });
});

describe("a long transfer", () => {
  const sent = (bytes: readonly Uint8Array[]): number => bytes.reduce((sum, { length }) => sum + length, 0);
  /** A key update: a header, four bytes of message and one of content, content type and tag. */
  const keyUpdateBytes = 5 + 5 + 1 + 16;
  const only13 = { minVersion: "TLSv1.3", maxVersion: "TLSv1.3" } as const;

  it("asks nothing of a receiver: the calls that bring the bytes wake the host", async () => {
    const tunnel = new HttpsTunnel({ policy: scriptedPolicy(), client: only13, upstream: only13 });
    const body = "x".repeat(150_000);
    tunnel.serve(() => ok(body));
    await tunnel.settle();
    const before = sent(tunnel.client.taken);
    expect(await tunnel.exchange(get())).toBe(ok(body));
    expect(sent(tunnel.client.taken) - before - get().length).toBe(5 + 1 + 16);
  });

  it("has an upstream say something now and then that gets a body which was held: no call comes behind it", async () => {
    const policy = scriptedPolicy();
    const request: (typeof policy)["request"] = (facts) =>
      facts.body === undefined ? { kind: "needs-body", maxBytes: 1_000_000 } : policy.request(facts);
    const holding = { ...policy, request };
    const tunnel = new HttpsTunnel({ policy: holding, client: only13, upstream: only13 });
    tunnel.serve(() => ok());
    await tunnel.settle();
    const before = sent(tunnel.upstream.taken);
    const post = `POST / HTTP/1.1\r\nHost: api.test\r\nContent-Length: 150000\r\n\r\n${"x".repeat(150_000)}`;
    expect(await tunnel.exchange(post)).toBe(ok());
    // Four questions; OpenSSL may answer some of them together.
    const answers = (sent(tunnel.upstream.taken) - before - ok().length - 22) / keyUpdateBytes;
    expect(Number.isInteger(answers)).toBe(true);
    expect(answers).toBeGreaterThanOrEqual(1);
    expect(answers).toBeLessThanOrEqual(4);
  });
});
