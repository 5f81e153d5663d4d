// What every check of `npm run interop:h2` stands on: an upstream of HTTP/2, and `faultwire proxy` in front of it.
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { programsOf } from "../support/programs.mjs";
import { startOrigin } from "./origin.mjs";

const root = join(import.meta.dirname, "../..");

/** The upstream's name. Nothing resolves it but the proxy. */
export const host = "api.test";

export const { stop, run, ran } = programsOf("interop:h2");

/** Starts `faultwire proxy` with these flags. @returns its port and how to end it */
export async function startProxy(scratch, flags) {
  const child = spawn(
    process.execPath,
    [join(root, "apps/cli/bin/faultwire.js"), "proxy", "--port", "0", "--quiet", ...flags],
    {
      env: { ...process.env, FAULTWIRE_HOME: join(scratch, "home"), NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let told = "";
  const port = await new Promise((resolve) => {
    const look = () => {
      const found = /http:\/\/127\.0\.0\.1:(\d+)/.exec(told)?.[1];
      if (found !== undefined) resolve(Number(found));
    };
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk) => {
        told += chunk;
        look();
      });
    child.once("exit", () => stop(`faultwire proxy ended: ${told}`));
  });
  return {
    port,
    pid: child.pid,
    told: () => told,
    end() {
      child.removeAllListeners("exit");
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill();
      return ended;
    },
  };
}

/**
 * The upstream, a proxy that opens its HTTPS, and one that stands for it in clear.
 *
 * @param rules the rules of a rule file, as YAML
 * @param scratch a folder with `node_modules` that has `ws`
 */
export async function startWorld(scratch, rules, flags = []) {
  const key = join(scratch, "origin.key");
  const cert = join(scratch, "origin.pem");
  const subject = ["-subj", `/CN=${host}`, "-addext", `subjectAltName=DNS:${host}`];
  run("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
    ...["-keyout", key, "-out", cert, ...subject],
  ]);
  const { WebSocketServer } = createRequire(`${scratch}/`)("ws");
  const origin = await startOrigin({ key: readFileSync(key), cert: readFileSync(cert) }, WebSocketServer);
  const config = join(scratch, "faults.yaml");
  writeFileSync(config, `version: 1\ntargets: ${host}\nrules: ${rules}\n`);
  const common = ["--config", config, "--http2", "on", "--upstream-ca", cert, ...flags];
  const secure = await startProxy(scratch, [
    ...common,
    ...["--sni-default", host],
    ...["--resolve", `${host}:443:127.0.0.1:${origin.secure}`],
  ]);
  const clear = await startProxy(scratch, [
    ...common,
    ...["--reverse", `http://${host}`],
    ...["--resolve", `${host}:80:127.0.0.1:${origin.clear}`],
  ]);
  const ca = join(scratch, "ca.pem");
  const pem = await fetch(`http://127.0.0.1:${secure.port}/ca.pem`);
  writeFileSync(ca, await pem.text());
  return {
    origin,
    secure,
    clear,
    ca,
    async end() {
      await Promise.all([secure.end(), clear.end()]);
      origin.end();
    },
  };
}
