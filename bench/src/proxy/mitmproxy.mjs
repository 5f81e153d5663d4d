// mitmproxy: the `mitmdump` on the PATH where it is 11 or newer, else one in an environment of Python that is made once
// and kept. It is no npm package, so that it can't be installed with the others.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const pinned = "mitmproxy==11.0.2";
const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
const environment = join(cache, "faultwire-bench", pinned.replace("==", "-"));
const addon = fileURLToPath(new URL("./mitmproxy-addon.py", import.meta.url));

/** `[version, path]` of a mitmdump that is new enough. */
function probe(path) {
  const { status, stdout } = spawnSync(path, ["--version"], { encoding: "utf8" });
  const version = status === 0 ? /Mitmproxy: (\S+)/.exec(stdout)?.[1] : undefined;
  return version !== undefined && Number.parseInt(version, 10) >= 11 ? { version, path } : undefined;
}

function run(command, ...args) {
  const { status, error, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (error || status !== 0)
    throw new Error(
      `mitmproxy is missing, and \`${command} ${args.join(" ")}\` failed: ${error?.message ?? stderr.trim()}\n` +
        "install mitmproxy 11 or newer, or Python 3.10 or newer with venv; or leave it out: --without mitmproxy",
    );
}

/** Finds mitmdump, or installs it. @throws where there is none to be had. */
export function findMitmproxy() {
  const found = probe("mitmdump");
  if (found) return found;
  const path = join(environment, "bin/mitmdump");
  const marker = join(environment, "complete");
  if (!existsSync(marker)) {
    console.log(`installing ${pinned} from the Python registry …`);
    mkdirSync(join(environment, ".."), { recursive: true });
    run("python3", "-m", "venv", "--clear", environment);
    run(join(environment, "bin/python"), "-m", "pip", "install", "--quiet", pinned);
    writeFileSync(marker, "");
  }
  const installed = probe(path);
  if (!installed) throw new Error(`${path} does not run; remove ${environment} to have it installed anew`);
  return installed;
}

/** Starts it, quiet; `isHttp2`: whether clients speak HTTP/2. */
export function spawnMitmproxy({ path }, { folder, originCaFile, readyFile, isHttp2 }) {
  const options = [
    `confdir=${folder}`,
    `ssl_verify_upstream_trusted_ca=${originCaFile}`,
    `ready_file=${readyFile}`,
    `http2=${isHttp2}`,
  ].flatMap((option) => ["--set", option]);
  const listen = ["--listen-host", "127.0.0.1", "--listen-port", "0"];
  return spawn(path, ["--quiet", "--scripts", addon, ...listen, ...options], { stdio: "ignore" });
}
