// How the consumers get at the registry on loopback.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run, writeFiles } from "../step.mjs";

/** What npm and those that read its settings must not take from the machine on which this runs. */
const foreign = /^(npm_(?!config_cafile$)|INIT_CWD$|NODE_OPTIONS$|NODE_ENV$|CI$|FORCE_COLOR$)/i;

/** The environment of a user with the registry on loopback as theirs: settings come from `home`. */
export function userEnvironment(home, { url, token }) {
  mkdirSync(home, { recursive: true });
  const npmrc = join(home, "npmrc");
  const host = url.replace(/^http:/, "");
  writeFileSync(
    npmrc,
    `registry=${url}/\n${host}/:_authToken=${token}\naudit=false\nfund=false\nupdate-notifier=false\n`,
  );
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return {
    ...Object.fromEntries(kept),
    NPM_CONFIG_USERCONFIG: npmrc,
    NPM_CONFIG_REGISTRY: `${url}/`,
    FAULTWIRE_HOME: join(home, "faultwire"),
    NO_COLOR: "1",
    DO_NOT_TRACK: "1",
  };
}

/** An empty folder with a manifest, and a program run in it: throws what it printed when it fails. */
export class Place {
  constructor(folder, env, manifest = {}) {
    this.folder = folder;
    this.env = env;
    mkdirSync(folder, { recursive: true });
    this.write({ "package.json": { name: "consumer", private: true, type: "module", ...manifest } });
  }

  write(files) {
    writeFiles(this.folder, files);
  }

  async run(command, args, options = {}) {
    const { env = this.env, cwd = this.folder, limitMs } = options;
    const { status, output, stdout } = await run(command, args, { cwd, env, limitMs });
    if (status !== 0)
      throw new Error(`\`${command} ${args.join(" ")}\` ended with ${status ?? "a timeout"}:\n${output}`);
    return stdout;
  }
}
