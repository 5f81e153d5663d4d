// Whole handshakes between node:tls and node:tls: what Node says of a connection is noted beside its bytes.
import { connect, createServer } from "node:tls";
import { openRelay } from "./loopback.mjs";

const HOST = "origin.test";
const versions = { TLSv1: "tls10", "TLSv1.1": "tls11", "TLSv1.2": "tls12", "TLSv1.3": "tls13" };
const only = (version) => ({ minVersion: version, maxVersion: version });
const old = { ciphers: "DEFAULT:@SECLEVEL=0" };

/** One connection through a relay; `client.session` makes it a resumption. */
async function exchange(port, clientOptions, { renegotiate = false } = {}) {
  const relay = await openRelay(port);
  const facts = {};
  let session;
  await new Promise((resolve) => {
    const socket = connect({
      host: "127.0.0.1",
      port: relay.port,
      servername: HOST,
      rejectUnauthorized: false,
      ALPNProtocols: ["http/1.1"],
      ...clientOptions,
    });
    socket.on("session", (value) => {
      session = value;
    });
    socket.on("secureConnect", () => {
      facts.version = socket.getProtocol();
      facts.cipherSuite = socket.getCipher().standardName;
      facts.resumed = socket.isSessionReused();
      facts.alpnProtocol = socket.alpnProtocol || undefined;
      const say = () => socket.write("ping");
      if (renegotiate) socket.renegotiate({ rejectUnauthorized: false }, say);
      else say();
    });
    socket.on("data", () => socket.end());
    socket.on("error", (error) => {
      facts.clientError = error.code;
    });
    socket.on("close", resolve);
  });
  await relay.end;
  relay.close();
  return { chunks: relay.chunks, facts, session };
}

async function openServer(options) {
  const keylog = [];
  const sessions = new Map();
  const server = createServer({ ALPNProtocols: ["http/1.1"], ...options }, (socket) => {
    socket.on("error", () => {});
    socket.on("data", () => socket.end("pong"));
  });
  server.on("keylog", (line) => keylog.push(line.toString().trim()));
  server.on("tlsClientError", () => {});
  if (options.keepSessions) {
    server.on("newSession", (id, data, done) => {
      sessions.set(id.toString("hex"), data);
      done();
    });
    server.on("resumeSession", (id, done) => done(null, sessions.get(id.toString("hex")) ?? null));
  }
  if (options.ocspResponse)
    server.on("OCSPRequest", (_cert, _issuer, done) => done(null, options.ocspResponse));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: server.address().port, keylog, close: () => server.close() };
}

/** The shortest OCSPResponse there is: the responder will not say (RFC 6960 section 4.2.1). */
const UNAUTHORIZED = Buffer.of(0x30, 3, 0x0a, 1, 6);

/** SSL_OP_NO_TICKET, which node:constants has but no other option says. */
const NO_TICKET = 1 << 14;

function rows({ rsa, ecdsa, client }) {
  const both = (server, other, more = {}) => ({ server, client: other, ...more });
  const list = [];
  for (const [version, short] of Object.entries(versions)) {
    const base = { ...only(version), cert: ecdsa.cert, key: ecdsa.key, ...(short < "tls12" ? old : {}) };
    const caller = { ...only(version), ...(short < "tls12" ? old : {}) };
    const add = (name, row) => list.push({ name: `${short}-${name}`, ...row });
    add("full", both(base, caller));
    add("resumed-by-ticket", both(base, caller, { twice: true }));
    add(
      "client-certificate",
      both(
        { ...base, requestCert: true, rejectUnauthorized: false },
        { ...caller, cert: client.cert, key: client.key },
      ),
    );
    add(
      "client-certificate-dropped",
      both({ ...base, requestCert: true, ca: rsa.cert }, { ...caller, cert: client.cert, key: client.key }),
    );
    add("no-common-protocol", both({ ...base, ALPNProtocols: ["h2"] }, caller));
    add("rsa-certificate", both({ ...base, cert: rsa.cert, key: rsa.key }, caller));
    add("stapled-response", both({ ...base, ocspResponse: UNAUTHORIZED }, { ...caller, requestOCSP: true }));
    if (short === "tls13") {
      add("retry", both({ ...base, ecdhCurve: "P-384" }, { ...caller, ecdhCurve: "X25519:P-384" }));
      add(
        "retry-resumed",
        both({ ...base, ecdhCurve: "P-384" }, { ...caller, ecdhCurve: "X25519:P-384" }, { twice: true }),
      );
      add(
        "retry-client-certificate",
        both(
          { ...base, ecdhCurve: "P-384", requestCert: true, rejectUnauthorized: false },
          { ...caller, ecdhCurve: "X25519:P-384", cert: client.cert, key: client.key },
        ),
      );
      for (const ciphers of ["TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"])
        add(ciphers.toLowerCase().replaceAll("_", "-"), both(base, { ...caller, ciphers }));
    } else {
      add(
        "resumed-by-id",
        both({ ...base, keepSessions: true, secureOptions: NO_TICKET }, caller, { twice: true }),
      );
      add("renegotiated", both(base, caller, { renegotiate: true }));
      add(
        "no-common-suite",
        both(
          { ...base, ciphers: `AES128-SHA:@SECLEVEL=0` },
          { ...caller, ciphers: `AES256-SHA:@SECLEVEL=0` },
        ),
      );
      add(
        "rsa-key-exchange",
        both(
          { ...base, cert: rsa.cert, key: rsa.key, ciphers: "AES128-SHA:@SECLEVEL=0" },
          { ...caller, ciphers: "AES128-SHA:@SECLEVEL=0" },
        ),
      );
      add(
        "dhe",
        both(
          {
            ...base,
            cert: rsa.cert,
            key: rsa.key,
            dhparam: "auto",
            ciphers: "DHE-RSA-AES256-SHA:@SECLEVEL=0",
          },
          { ...caller, ciphers: "DHE-RSA-AES256-SHA:@SECLEVEL=0" },
        ),
      );
      const psk = { key: Buffer.alloc(16, 7), identity: "somebody" };
      add(
        "pre-shared-key",
        both(
          {
            ...base,
            ciphers: "PSK-AES128-CBC-SHA:@SECLEVEL=0",
            pskCallback: () => psk.key,
            pskIdentityHint: "a hint",
          },
          {
            ...caller,
            ciphers: "PSK-AES128-CBC-SHA:@SECLEVEL=0",
            pskCallback: () => ({ psk: psk.key, identity: psk.identity }),
            checkServerIdentity: () => undefined,
          },
        ),
      );
      add(
        "ecdhe-pre-shared-key",
        both(
          { ...base, ciphers: "ECDHE-PSK-AES128-CBC-SHA:@SECLEVEL=0", pskCallback: () => psk.key },
          {
            ...caller,
            ciphers: "ECDHE-PSK-AES128-CBC-SHA:@SECLEVEL=0",
            pskCallback: () => ({ psk: psk.key, identity: psk.identity }),
            checkServerIdentity: () => undefined,
          },
        ),
      );
    }
  }
  list.push({
    name: "version-too-old",
    server: { ...only("TLSv1.3"), cert: rsa.cert, key: rsa.key },
    client: { ...only("TLSv1.2") },
  });
  list.push({
    name: "version-negotiated-down",
    server: { ...only("TLSv1.2"), cert: rsa.cert, key: rsa.key },
    client: {},
  });
  list.push({
    name: "downgraded-with-signal",
    server: { maxVersion: "TLSv1.3", minVersion: "TLSv1.2", cert: rsa.cert, key: rsa.key },
    client: only("TLSv1.2"),
  });
  return list;
}

const program = `node ${process.versions.node}, OpenSSL ${process.versions.openssl}`;

/** Captures them all; where a row says `twice`, the second connection is the one that counts. */
export async function captureNodeHandshakes(certificates, log) {
  const handshakes = [];
  for (const { name, server: serverOptions, client, twice, renegotiate } of rows(certificates)) {
    const server = await openServer(serverOptions);
    try {
      let result = await exchange(server.port, client, { renegotiate });
      if (twice) {
        const first = server.keylog.length;
        result = await exchange(server.port, { ...client, session: result.session });
        server.keylog.splice(0, first);
      }
      const { chunks, facts } = result;
      handshakes.push({ name, client: program, server: program, facts, keylog: server.keylog, chunks });
      log(`${name}: ${chunks.length} chunks, ${JSON.stringify(facts)}`);
    } finally {
      server.close();
    }
  }
  return handshakes;
}
