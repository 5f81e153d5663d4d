// Whole handshakes that only the openssl command can make: 0-RTT, keys instead of certificates, late authentication.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { openRelay, startProgram } from "./loopback.mjs";

const env = { OPENSSL_CONF: "/dev/null" };
const SECLEVEL = "@SECLEVEL=0";

async function openServer(folder, args) {
  const keylogFile = join(folder, "keys.log");
  rmSync(keylogFile, { force: true });
  const running = startProgram(
    "openssl",
    ["s_server", "-accept", "127.0.0.1:0", "-keylogfile", keylogFile, ...args],
    { env },
  );
  const [, port] = await running.until(/ACCEPT \S+:(\d+)/);
  return {
    port: Number(port),
    running,
    keylog: () =>
      readFileSync(keylogFile, "utf8")
        .split("\n")
        .filter((line) => line && !line.startsWith("#")),
    close: running.stop,
  };
}

/**
 * One connection through a relay. `talk` gets the client once its handshake is over; the client ends with its input.
 */
async function exchange(server, args, talk = async () => {}) {
  const relay = await openRelay(server.port);
  const client = startProgram(
    "openssl",
    ["s_client", "-connect", `127.0.0.1:${relay.port}`, "-servername", "origin.test", ...args],
    { env },
  );
  try {
    await client.until(/Verify return code|alert number|:error:/);
    await talk(client, server);
    client.child.stdin.end("Q\n");
    await client.closed;
    await relay.end;
  } finally {
    client.stop();
    relay.close();
  }
  const output = client.output();
  // Up to TLS 1.2 the line that begins with New or Reused names the suite's version, not the connection's.
  const version = /Protocol\s*:\s*(\S+)/.exec(output) ?? /(?:New|Reused), (TLSv[\d.]+)/.exec(output);
  const early = /Early data was (\S+)/.exec(output)?.[1];
  const facts = {
    version: version?.[1],
    resumed: /^Reused,/m.test(output),
    ...(early && early !== "not" ? { earlyData: early } : {}),
  };
  return { chunks: relay.chunks, facts };
}

function rows(folder, { rsa, ecdsa, client }) {
  const sessionFile = join(folder, "session.pem");
  const earlyFile = join(folder, "early.txt");
  writeFileSync(earlyFile, "GET / HTTP/1.1\r\nhost: origin.test\r\n\r\n");
  const identity = (made) => ["-cert", made.certFile, "-key", made.keyFile];
  const tls13 = ["-tls1_3"];
  const tls12 = (cipher) => ["-tls1_2", "-cipher", `${cipher}:${SECLEVEL}`];
  const saved = ["-sess_out", sessionFile];
  const resume = ["-sess_in", sessionFile];
  // What ALPN replaced: the client says its protocol in an encrypted message in front of its Finished.
  const nextProtocol = ["-nextprotoneg", "http/1.1,spdy/3"];
  const strict = ["-Verify", "1", "-verify_return_error"];
  const early = ["-early_data", earlyFile];
  const key = ["-psk", "000102030405060708090a0b0c0d0e0f", "-psk_identity", "somebody"];
  // s_client says that a ticket came only when its output buffer is full; the file is there at once.
  const waitForTicket = async () => {
    for (let left = 100; !existsSync(sessionFile) || statSync(sessionFile).size === 0; left--) {
      if (left === 0) throw new Error("no session ticket came");
      await setTimeout(50);
    }
  };
  return [
    {
      name: "tls13-early-data-accepted",
      server: [...identity(ecdsa), ...tls13, "-early_data"],
      first: [...tls13, ...saved],
      firstTalk: waitForTicket,
      client: [...tls13, ...resume, ...early],
    },
    {
      name: "tls13-early-data-rejected",
      server: [...identity(ecdsa), ...tls13, "-early_data", "-no_anti_replay"],
      secondServer: [...identity(ecdsa), ...tls13],
      first: [...tls13, ...saved],
      firstTalk: waitForTicket,
      client: [...tls13, ...resume, ...early],
    },
    { name: "tls13-external-key", server: ["-nocert", ...tls13, ...key], client: [...tls13, ...key] },
    {
      name: "tls13-external-key-without-dhe",
      server: ["-nocert", ...tls13, ...key, "-allow_no_dhe_kex"],
      client: [...tls13, ...key, "-allow_no_dhe_kex"],
    },
    {
      name: "tls13-key-updated",
      server: [...identity(ecdsa), ...tls13],
      client: tls13,
      talk: async (running, { running: server }) => {
        running.child.stdin.write("K\n");
        await running.until(/KEYUPDATE/);
        running.child.stdin.write("after\n");
        await server.until(/after/);
      },
    },
    {
      name: "tls13-without-compatibility",
      server: [...identity(ecdsa), ...tls13, "-no_middlebox"],
      client: [...tls13, "-no_middlebox"],
    },
    {
      name: "tls13-late-authentication",
      server: [...identity(ecdsa), ...tls13],
      client: [...tls13, "-enable_pha", ...identity(client)],
      talk: async (running, { running: server }) => {
        server.child.stdin.write("c\n");
        running.child.stdin.write("after\n");
        await server.until(/after/);
      },
    },
    {
      name: "tls12-anonymous-dh",
      server: ["-nocert", ...tls12("ADH-AES128-GCM-SHA256")],
      client: tls12("ADH-AES128-GCM-SHA256"),
    },
    {
      name: "tls12-anonymous-ecdh",
      server: ["-nocert", ...tls12("AECDH-AES128-SHA")],
      client: tls12("AECDH-AES128-SHA"),
    },
    {
      name: "tls12-dhe-pre-shared-key",
      server: ["-nocert", ...key, ...tls12("DHE-PSK-AES128-GCM-SHA256")],
      client: [...key, ...tls12("DHE-PSK-AES128-GCM-SHA256")],
    },
    {
      name: "tls12-rsa-pre-shared-key",
      server: [...identity(rsa), ...key, ...tls12("RSA-PSK-AES128-GCM-SHA256")],
      client: [...key, ...tls12("RSA-PSK-AES128-GCM-SHA256")],
    },
    {
      name: "tls12-camellia",
      server: [...identity(rsa), ...tls12("CAMELLIA128-SHA")],
      client: tls12("CAMELLIA128-SHA"),
    },
    {
      name: "tls12-aria",
      server: [...identity(rsa), ...tls12("ECDHE-ARIA128-GCM-SHA256")],
      client: tls12("ECDHE-ARIA128-GCM-SHA256"),
    },
    {
      name: "tls12-ccm",
      server: [...identity(ecdsa), ...tls12("ECDHE-ECDSA-AES128-CCM8")],
      client: tls12("ECDHE-ECDSA-AES128-CCM8"),
    },
    {
      name: "tls12-chacha20",
      server: [...identity(rsa), ...tls12("ECDHE-RSA-CHACHA20-POLY1305")],
      client: tls12("ECDHE-RSA-CHACHA20-POLY1305"),
    },
    {
      name: "tls12-not-encrypted",
      server: [...identity(rsa), ...tls12("NULL-SHA256")],
      client: tls12("NULL-SHA256"),
    },
    {
      name: "tls12-small-fragments",
      server: [...identity(rsa), ...tls12("ECDHE-RSA-AES128-GCM-SHA256")],
      client: [...tls12("ECDHE-RSA-AES128-GCM-SHA256"), "-maxfraglen", "512"],
    },
    {
      name: "tls12-next-protocol",
      server: [...identity(rsa), ...tls12("ECDHE-RSA-AES128-GCM-SHA256"), ...nextProtocol],
      client: [...tls12("ECDHE-RSA-AES128-GCM-SHA256"), ...nextProtocol],
    },
    {
      name: "tls12-next-protocol-resumed-by-ticket",
      server: [...identity(rsa), ...tls12("ECDHE-RSA-AES128-GCM-SHA256"), ...nextProtocol],
      first: [...tls12("ECDHE-RSA-AES128-GCM-SHA256"), ...saved],
      client: [...tls12("ECDHE-RSA-AES128-GCM-SHA256"), ...resume, ...nextProtocol],
    },
    {
      name: "tls12-client-certificate-refused",
      server: [...identity(rsa), "-tls1_2", ...strict],
      client: ["-tls1_2", ...identity(client)],
    },
    {
      name: "tls13-client-certificate-refused",
      server: [...identity(rsa), ...tls13, ...strict],
      client: [...tls13, ...identity(client)],
      talk: (running) => running.until(/alert/),
    },
    {
      name: "tls12-client-certificate-missing",
      server: [...identity(rsa), "-tls1_2", ...strict],
      client: ["-tls1_2"],
    },
    {
      name: "tls12-server-certificate-refused",
      server: [...identity(rsa), "-tls1_2"],
      client: ["-tls1_2", "-verify_return_error"],
    },
    {
      name: "tls13-server-certificate-refused",
      server: [...identity(rsa), ...tls13],
      client: [...tls13, "-verify_return_error"],
    },
  ];
}

/** Captures them all; those that the installed openssl refuses are named in `missing`. */
export async function captureOpensslHandshakes(folder, certificates, log) {
  const version = execFileSync("openssl", ["version"], { encoding: "utf8" }).trim();
  const handshakes = [];
  const missing = [];
  for (const row of rows(folder, certificates)) {
    let server;
    try {
      rmSync(join(folder, "session.pem"), { force: true });
      server = await openServer(folder, row.server);
      if (row.first) {
        await exchange(server, row.first, row.firstTalk);
        if (row.secondServer) {
          server.close();
          server = await openServer(folder, row.secondServer);
        }
      }
      const before = row.first && !row.secondServer ? server.keylog().length : 0;
      const { chunks, facts } = await exchange(server, row.client, row.talk);
      const keylog = server.keylog().slice(before);
      handshakes.push({ name: row.name, client: version, server: version, facts, keylog, chunks });
      log(`${row.name}: ${chunks.length} chunks, ${JSON.stringify(facts)}`);
    } catch (error) {
      missing.push(row.name);
      log(`${row.name}: ${error.message}`);
    } finally {
      server?.close();
    }
  }
  return { handshakes, missing };
}
