// `node e2e/run/start-cost.mjs`: the time of a processor that Node takes to start a program, bare, with the hook, and with Node's
// own way to a proxy. Medians in ms, of starts that take turns. On a machine that does nothing else they are the time by the
// clock; on a busy one the clock says little.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fetchNode, supported } from "../../scripts/nodes/registry-nodes.mjs";
import { filled, here, run } from "./tools.mjs";

const rounds = 15;
const hook = join(here, "../../packages/node-hook/dist/hook.cjs");
const proxy = "http://127.0.0.1:1";
const variants = {
  bare: {},
  hook: {
    NODE_OPTIONS: `--require "${hook}"`,
    FAULTWIRE_PROXY: proxy,
    FAULTWIRE_TARGETS: "api.anthropic.com",
  },
  NODE_USE_ENV_PROXY: { NODE_USE_ENV_PROXY: "1", HTTPS_PROXY: proxy },
};

const scratch = mkdtempSync(join(tmpdir(), "faultwire-start-"));
const say =
  'const { user, system } = process.cpuUsage(); require("node:fs").writeSync(1, String((user + system) / 1000));';
const programs = { nothing: say, "node:https": `require("node:https"); ${say}` };
try {
  for (const [program, source] of Object.entries(programs))
    writeFileSync(join(scratch, `${program.replace(":", "-")}.cjs`), source);
  for (const each of supported) {
    const home = filled(`node-${each.node}`, JSON.stringify(each), (empty) => fetchNode(each, empty));
    const node = join(home, "node_modules", ".bin", "node");
    for (const program of Object.keys(programs)) {
      const times = Object.fromEntries(Object.keys(variants).map((name) => [name, []]));
      for (let round = 0; round < rounds; round++)
        for (const [name, env] of Object.entries(variants)) {
          times[name].push(
            Number.parseFloat(
              run(node, [join(scratch, `${program.replace(":", "-")}.cjs`)], {
                env: { PATH: process.env.PATH, ...env },
              }),
            ),
          );
        }
      const median = (list) => list.sort((a, b) => a - b)[Math.floor(rounds / 2)];
      const bare = median(times.bare);
      const more = Object.keys(variants)
        .slice(1)
        .map((name) => `${name} +${(median(times[name]) - bare).toFixed(1)}`);
      console.log(
        `${run(node, ["--version"]).trim()} ${program}: bare ${bare.toFixed(1)}, ${more.join(", ")}`,
      );
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
