// Whoever wants the command: `npm install faultwire`, its version, `start` and the curl line that it prints.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { start } from "../../nodes/trial.mjs";
import { Place } from "./install.mjs";

export const npmCommand = {
  name: "npm: the command",
  isCore: true,
  async use({ scratch, env, versions }) {
    const place = new Place(join(scratch, "npm-command"), env);
    await place.run("npm", ["install", "--no-package-lock", "faultwire"]);
    const installed = readdirSync(join(place.folder, "node_modules")).filter((name) => !name.startsWith("."));
    if (installed.join() !== "faultwire")
      throw new Error(`npm installed ${installed.join(", ")}; the command needs no package beside it`);
    const said = (await place.run("npx", ["--no-install", "faultwire", "--version"])).trim();
    if (said !== versions.get("faultwire"))
      throw new Error(`\`faultwire --version\` says ${said}, published was ${versions.get("faultwire")}`);
    const { problems, readyMs } = await start(place.folder, env, [
      "npx",
      "--no-install",
      "faultwire",
      "start",
    ]);
    if (problems.length > 0) throw new Error(problems.join("\n"));
    return `version ${said}; \`npx faultwire start\` printed its curl line after ${(readyMs / 1000).toFixed(2)} s, and that was answered`;
  },
};
