// One connection of a test: the bridge on it, and what BoGo's runner expects of a shim on top.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import { duplexPair } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { CertificateAuthority } from "@faultwire/cert-authority";
import { bridgeSockets, SecureContextCache } from "@faultwire/tls-bridge";
import { AlertDescription, AlertLevel, alertDescriptionName } from "@faultwire/tls-parser";
import { Unimplemented } from "./flags.mjs";
import { RunnerLine } from "./runner-line.mjs";

/** Whom the runner's certificates stand for. */
const runnerName = "test";
/** A runner that does not end when all is said is left behind that. */
const patienceMs = 10_000;
/** What BoGo has a shim write to try the edges of records. */
const writtenSizes = [0, 1, 255, 256, 257, 16_383, 16_384, 16_385, 32_767, 32_768, 32_769];
const curveNames = { 23: "P-256", 24: "P-384", 25: "P-521", 29: "X25519", 30: "X448" };

const contexts = new SecureContextCache();
const authority = await CertificateAuthority.ephemeral({ targets: [runnerName], keyType: "rsa-3072" });
/** By their files, so that contexts of OpenSSL can be kept. */
const known = new Map();

/** The same object for the same files. */
function keep(key, make) {
  if (!known.has(key)) known.set(key, make());
  return known.get(key);
}

const last = (flags, name) => flags[name]?.at(-1);

/** TLS 1.2 and 1.3 as far as the flags allow them. */
function versionsOf(flags) {
  const min = Number(last(flags, "-min-version") ?? 0);
  const max = Number(last(flags, "-max-version") ?? 0xffff);
  const versions = [
    ["TLSv1.3", 0x0304, "-no-tls13"],
    ["TLSv1.2", 0x0303, "-no-tls12"],
  ].flatMap(([version, number, no]) => (number >= min && number <= max && !flags[no] ? [version] : []));
  if (versions.length === 0) throw new Unimplemented("no version but those before TLS 1.2");
  return versions;
}

/** Names with their lengths before them, as they are on the wire. */
function alpnNames(text) {
  const names = [];
  for (let at = 0; at < text.length; at += 1 + text.charCodeAt(at))
    names.push(text.slice(at + 1, at + 1 + text.charCodeAt(at)));
  return names;
}

/** The options of a bridge whose client is the runner. */
function serverOptions(flags) {
  if (flags["-verify-peer"]) throw new Unimplemented("a client certificate");
  if (flags["-curves"]) throw new Unimplemented("-curves of a server");
  const cert = last(flags, "-cert-file");
  const key = last(flags, "-key-file");
  if (cert === undefined || key === undefined) throw new Unimplemented("a server without a certificate");
  const identity = keep(`${cert} ${key}`, () => {
    const [certificateChainPem, privateKeyPem] = [cert, key].map((file) => readFileSync(file, "utf8"));
    return { certificateChainPem, privateKeyPem: () => privateKeyPem };
  });
  const protocol = flags["-reject-alpn"] ? "none of the runner's" : last(flags, "-select-alpn");
  return {
    alone: true,
    identityFor: async () => identity,
    upstream: { host: runnerName },
    ...(protocol !== undefined && { protocols: [protocol] }),
  };
}

/** The options of a bridge whose upstream is the runner. */
function clientOptions(flags) {
  // Of a certificate that is none there is no root.
  const root = last(flags, "-trust-cert") || undefined;
  if (flags["-cert-file"]) throw new Unimplemented("a client certificate");
  const caPem = root === undefined ? [] : keep(root, () => [readFileSync(root, "utf8")]);
  return {
    identityFor: ({ keyType }) => authority.forHost(runnerName, { keyType }),
    // Another name is not what the runner's certificates stand for, and BoGo does not look.
    upstream: { caPem, host: runnerName, insecure: root === undefined || flags["-host-name"] !== undefined },
    protocols: alpnNames(last(flags, "-advertise-alpn") ?? ""),
  };
}

/** A client of Node's on the bridge's other side: what the runner is offered is what this one offers. */
function startClient(flags, wire, versions) {
  const curves = flags["-curves"]?.map((id) => curveNames[id]);
  if (curves?.includes(undefined)) throw new Unimplemented("-curves");
  const name = last(flags, "-host-name");
  const client = connectTls({
    socket: wire,
    rejectUnauthorized: false,
    minVersion: versions.at(-1),
    maxVersion: versions[0],
    ALPNProtocols: alpnNames(last(flags, "-advertise-alpn") ?? ""),
    ...(name !== undefined && { servername: name }),
    ...(curves && { ecdhCurve: curves.join(":") }),
  });
  client.on("error", () => {}).resume();
  return client;
}

/** A failure in words that `shim-config.json` maps BoringSSL's to. */
function describe(failure) {
  const alert = (number) => alertDescriptionName(number) ?? number;
  switch (failure.code) {
    case "record":
      return `:record: :${alert(failure.description)}: ${failure.message}`;
    case "limit":
      return `:limit: :${failure.limit}: ${failure.message}`;
    case "handshake":
      return `:handshake: :${failure.reason.replace(/^ERR_SSL_/, "")}: ${failure.message}`;
    case "client-alert":
    case "client-rejects-certificate":
    case "upstream-alert":
      return `:${failure.code}: :got_${alert(failure.description)}: ${failure.message}`;
    case "internal":
      return `:internal: ${failure.message}: ${failure.cause?.stack ?? failure.cause}`;
    default:
      return `:${failure.code}: ${failure.message}`;
  }
}

/** What was negotiated and is not what the flags expect; `undefined` where all is. */
function mismatch(flags, { version, serverName, client, server }, line) {
  const isServer = flags["-server"];
  const side = isServer ? client : server;
  const number = { "TLSv1.2": 0x0303, "TLSv1.3": 0x0304 }[version];
  const found = [
    ["-expect-version", number],
    ["-expect-cipher", side.cipherSuite],
    ["-expect-server-name", serverName],
    [isServer ? "-select-alpn" : "-expect-alpn", side.alpnProtocol],
  ].find(([flag, value]) => flags[flag] && last(flags, flag) !== String(value));
  if (found) return `:mismatch: ${found[0]} is ${last(flags, found[0])}, and it is ${found[1]}`;
  if (flags["-expect-hrr"] && !line.hasRetry) return ":mismatch: no HelloRetryRequest";
  if (flags["-expect-no-hrr"] && line.hasRetry) return ":mismatch: a HelloRetryRequest";
  return undefined;
}

/** What the shim says and does in a session: gives back each byte turned over, and more where flags ask for it. */
function handlerFor(bridge, flags, line, settle) {
  const peer = flags["-server"] ? "client" : "server";
  let isEstablished = false;
  const initial = Buffer.from(last(flags, "-shim-initial-write") ?? "hello", "latin1");
  return {
    established(session) {
      isEstablished = true;
      const wrong = mismatch(flags, session, line);
      if (wrong) {
        settle(wrong);
        bridge.closeNotify(peer);
        return;
      }
      if (flags["-send-alert"]) {
        bridge.sendAlert(peer, AlertLevel.fatal, AlertDescription.decompressionFailure);
        settle();
        return;
      }
      if (flags["-write-different-record-sizes"])
        for (const size of writtenSizes) bridge.write(peer, Buffer.alloc(size, 0x42));
      else if (flags["-shim-writes-first"])
        for (let left = Number(last(flags, "-repeat-shim-initial-write") ?? 1); left > 0; left--)
          bridge.write(peer, initial);
      if (flags["-write-different-record-sizes"] || flags["-shim-shuts-down"]) {
        bridge.closeNotify(peer);
        if (!flags["-check-close-notify"]) settle();
      } else if (flags["-key-update-before-read"]) bridge.updateKeys(peer);
    },
    data(from, plaintext) {
      if (from !== peer) return;
      if (flags["-key-update"]) bridge.updateKeys(peer);
      bridge.write(
        peer,
        plaintext.map((byte) => byte ^ 0xff),
      );
      if (flags["-key-update-before-read"]) bridge.updateKeys(peer);
    },
    closeNotify(from) {
      if (from !== peer) return;
      for (const side of ["client", "server"]) bridge.closeNotify(side);
      settle();
    },
    truncated(from) {
      if (from !== peer) return;
      if (!isEstablished) settle(":truncated: the runner has ended the connection in the handshake");
      else settle(flags["-check-close-notify"] ? ":truncated: no close_notify has come" : undefined);
    },
    alert() {},
    failed: (failure) => settle(describe(failure)),
  };
}

/**
 * Makes one connection to the runner, and does on it what the flags say.
 *
 * @param signal - aborted where the runner no longer waits
 * @returns what went wrong, `undefined` where nothing did
 * @throws {Unimplemented}
 */
export async function exchange(flags, signal) {
  const versions = versionsOf(flags);
  const isServer = flags["-server"];
  const options = { ...(isServer ? serverOptions(flags) : clientOptions(flags)), versions, contexts };
  const socket = connectTcp({
    port: Number(last(flags, "-port")),
    host: flags["-ipv6"] ? "::1" : "127.0.0.1",
    allowHalfOpen: true,
    noDelay: true,
  });
  await once(socket, "connect");
  const id = Buffer.alloc(8);
  id.writeBigUInt64LE(BigInt(last(flags, "-shim-id")));
  socket.write(id);
  const line = new RunnerLine(socket, flags["-async"]);
  const over = new Promise((resolve) => line.once("end", resolve).once("close", resolve));
  let settle;
  const outcome = new Promise((resolve) => (settle = resolve));
  const [near, far] = duplexPair({ allowHalfOpen: true });
  const driver = bridgeSockets(isServer ? line : near, () => (isServer ? far : line), {
    ...options,
    handlerFor: (bridge) => handlerFor(bridge, flags, line, settle),
  });
  signal.addEventListener("abort", () => driver.destroy());
  const client = isServer ? undefined : startClient(flags, far, versions);
  void driver.closed.then(() => settle(":closed: both connections are closed, and nothing was settled"));
  const wrong = await outcome;
  driver.flush();
  const unanswered = new AbortController();
  await Promise.race([over, pause(patienceMs, undefined, { signal: unanswered.signal }).catch(() => {})]);
  unanswered.abort();
  driver.destroy();
  client?.destroy();
  return wrong;
}
