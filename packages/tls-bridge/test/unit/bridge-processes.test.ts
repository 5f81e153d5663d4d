import { once } from "node:events";
import { createServer as createHttpsServer } from "node:https";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { TestAuthority } from "@faultwire/testkit/test-authority";
import { describe, expect, it } from "vitest";
import {
  curl,
  file,
  folder,
  HOST,
  listening,
  opensslClient,
  opensslServer,
  proxyTo,
  type Running,
} from "../support/processes.ts";

const authority = new TestAuthority("bridge processes");

const flags = { "TLSv1.2": "-tls1_2", "TLSv1.3": "-tls1_3" } as const;
type Version = keyof typeof flags;
const versions = Object.keys(flags) as Version[];

describe.each(versions)("openssl's own client and server in %s", (version) => {
  it("talk through a bridge, and part in peace", async () => {
    const { server, port } = await opensslServer(authority, [flags[version]]);
    const proxy = await proxyTo(port, authority);
    const client = opensslClient(proxy.port, [flags[version]], authority.caPem);
    await client.says("Verify return code: 0 (ok)");
    client.type("question\n");
    await server.says("question");
    server.type("answer\n");
    await client.says("answer");
    client.type("Q\n");
    await client.closed;
    await proxy.bridges[0]!.closed;
    expect(proxy.failures).toEqual([]);
  });

  it("a client that does not trust us says so, and is recognised", async () => {
    const { port } = await opensslServer(authority, [flags[version]]);
    const proxy = await proxyTo(port, authority);
    const stranger = new TestAuthority("somebody else");
    const client = opensslClient(proxy.port, [flags[version]], stranger.caPem);
    await client.closed;
    await proxy.bridges[0]!.closed;
    expect(client.process.exitCode).not.toBe(0);
    expect(proxy.failures).toEqual([
      expect.objectContaining({ code: "client-rejects-certificate", description: 48 }),
    ]);
  });
});

describe("key updates typed into openssl", () => {
  it("at the client and at the server, asked for and not, change nothing for the other one", async () => {
    const { server, port } = await opensslServer(authority, ["-tls1_3"]);
    const proxy = await proxyTo(port, authority);
    const client = opensslClient(proxy.port, ["-tls1_3"], authority.caPem);
    await client.says("Verify return code: 0 (ok)");
    for (let round = 0; round < 4; round++) {
      client.type(round % 2 === 0 ? "K\n" : "k\n");
      await client.says(new RegExp(`(KEYUPDATE[^]*){${round + 1}}`));
      client.type(`question ${round}\n`);
      await server.says(`question ${round}`);
      // It takes one command for each time that it reads, and says nothing to this one.
      const updated = once(proxy.upstreams[0]!, "data");
      server.type(round % 2 === 0 ? "K\n" : "k\n");
      await updated;
      server.type(`answer ${round}\n`);
      await client.says(`answer ${round}`);
    }
    expect(proxy.failures).toEqual([]);
  });
});

/** The upstream's own ticket, from a connection without us: the file that OpenSSL's client has put it in. */
async function foreignTicket(server: Running, port: number, how: readonly string[]): Promise<string> {
  const session = join(folder(), "session.pem");
  const direct = opensslClient(port, [...how, "-sess_out", session], authority.caPem);
  await direct.says("Verify return code: 0 (ok)");
  direct.type("direct\n");
  await server.says("direct");
  server.type("seen\n");
  await direct.says("seen");
  direct.type("Q\n");
  await direct.closed;
  return session;
}

describe("what a client brings from an earlier session", () => {
  it.each(versions)(
    "of %s with the same upstream is declined, and the handshake is a whole one",
    async (version) => {
      const { server, port } = await opensslServer(authority, [flags[version]]);
      const session = await foreignTicket(server, port, [flags[version]]);
      const proxy = await proxyTo(port, authority);
      const ours = join(folder(), "session.pem");
      // What the server has said stays: each round says something of its own, or the second would not be waited for.
      for (const [word, used, kept] of [
        ["once", session, ours],
        ["again", ours, join(folder(), "session.pem")],
      ] as const) {
        const client = opensslClient(
          proxy.port,
          [flags[version], "-sess_in", used, "-sess_out", kept],
          authority.caPem,
        );
        await client.says(/(New|Reused), TLSv1/);
        expect(client.output).toMatch(/New, TLSv1/);
        client.type(`${word} through the bridge\n`);
        await server.says(`${word} through the bridge`);
        server.type("and back\n");
        await client.says("and back");
        client.type("Q\n");
        await client.closed;
      }
      expect(proxy.failures).toEqual([]);
    },
  );

  it.each([
    ["", []],
    [", behind a HelloRetryRequest of ours, too", ["-groups", "ffdhe2048:P-256"]],
  ])("0-RTT data are rejected, and the client sends them again%s", async (_how, groups) => {
    const { server, port } = await opensslServer(authority, ["-tls1_3", "-early_data", "-no_anti_replay"]);
    const session = await foreignTicket(server, port, ["-tls1_3", ...groups]);
    const proxy = await proxyTo(port, authority);
    const early = file("early.txt", "early bird\n");
    const client = opensslClient(
      proxy.port,
      ["-tls1_3", ...groups, "-sess_in", session, "-early_data", early],
      authority.caPem,
    );
    await client.says("Early data was rejected");
    client.type("again\n");
    await server.says("again");
    expect(server.output).not.toContain("early bird");
    server.type("welcome\n");
    await client.says("welcome");
    expect(proxy.failures).toEqual([]);
  });
});

it.each(versions)(
  "a renegotiation typed into openssl's client in %s does no harm to the bridge",
  async (version) => {
    const { port } = await opensslServer(authority, [flags[version]]);
    const proxy = await proxyTo(port, authority);
    const client = opensslClient(proxy.port, [flags[version]], authority.caPem);
    await client.says("Verify return code: 0 (ok)");
    client.type("R\n");
    await client.says(/RENEGOTIATING/);
    await client.closed;
    await proxy.bridges[0]!.closed;
    expect(proxy.bridges[0]!.bridge.state).not.toBe("handshaking");
  },
);

describe("curl", () => {
  const origin = async (version: Version): Promise<number> => {
    const { cert, key } = authority.issue(HOST);
    const server = createHttpsServer({ cert, key, maxVersion: version }, (request, response) => {
      request.resume();
      request.on("end", () => response.end(`${request.method} ${request.url}`));
    });
    return listening(server);
  };
  const resolve = (port: number): string[] => ["--resolve", `${HOST}:${port}:127.0.0.1`];

  it.each(versions)("gets what the upstream of %s says, twice on one connection", async (version) => {
    const proxy = await proxyTo(await origin(version), authority);
    const ca = file("ca.pem", authority.caPem);
    const url = `https://${HOST}:${proxy.port}`;
    const { stdout, stderr, code } = await curl([
      ...resolve(proxy.port),
      "--cacert",
      ca,
      `${url}/one`,
      `${url}/two`,
    ]);
    expect([stdout, stderr, code]).toEqual(["GET /oneGET /two", "", 0]);
    expect(proxy.bridges).toHaveLength(1);
    expect(proxy.failures).toEqual([]);
  });

  it.each(versions)("says so when it does not trust us, in %s", async (version) => {
    const proxy = await proxyTo(await origin(version), authority);
    const { code } = await curl([...resolve(proxy.port), `https://${HOST}:${proxy.port}/`]);
    expect(code).toBe(60);
    await proxy.bridges[0]!.closed;
    expect(proxy.failures).toEqual([expect.objectContaining({ code: "client-rejects-certificate" })]);
  });

  it("gives up, as it should, on an upstream that can't be trusted", async () => {
    const stranger = new TestAuthority("somebody else");
    const { cert, key } = stranger.issue(HOST);
    const server = createTlsServer({ cert, key });
    server.on("tlsClientError", () => {});
    const proxy = await proxyTo(await listening(server), authority);
    const ca = file("ca.pem", authority.caPem);
    const { code, stderr } = await curl([
      ...resolve(proxy.port),
      "--cacert",
      ca,
      `https://${HOST}:${proxy.port}/`,
    ]);
    expect(code).toBe(35);
    expect(stderr).toMatch(/unknown ca/i);
    expect(proxy.failures).toEqual([expect.objectContaining({ code: "upstream-untrusted" })]);
  });
});
