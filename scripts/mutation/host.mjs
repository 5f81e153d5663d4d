// Runs test files of a sandbox, one after the other, in a process that can be ended when a mutant never does.
// Started by vitest-host.mjs with the sandbox's path; takes `{ files, changed, timeoutMs, only }`, tells one result a file.
import { join } from "node:path";
import { createVitest } from "vitest/node";

const [root, project, folder] = process.argv.slice(2);
/** Longest time that a test waits for a condition, where the tests themselves say 30 s. In ms. */
const pollMs = 10_000;

const config = join(root, "vitest.config.ts");
const vitest = await createVitest(
  "test",
  {
    root,
    config,
    watch: false,
    project: [project],
    reporters: [{}],
    bail: 1,
    maxWorkers: 1,
    fileParallelism: false,
    api: false,
  },
  { server: { watch: null } },
);
const one = vitest.projects.find((each) => each.name === project);
if (!one) throw new Error(`no project is called ${project}`);
one.config.setupFiles.push(join(root, "scripts/mutation/reached.ts"));
one.config.expect = { ...one.config.expect, poll: { ...one.config.expect?.poll, timeout: pollMs } };
// What a file reaches by loading a module is told for each file.
one.config.isolate = true;
process.env.FAULTWIRE_MUTATION_FOLDER = folder;

/** How one test file ended: with a failure, by a time limit, or well. */
function outcome({ testModules, unhandledErrors }) {
  const errors = [...unhandledErrors];
  const failed = [];
  const tests = {};
  let ok = testModules.length > 0;
  for (const file of testModules) {
    ok &&= file.ok();
    errors.push(...file.errors());
    for (const test of file.children.allTests()) {
      tests[test.id] = test.diagnostic()?.duration ?? 0;
      if (test.result().state === "failed") failed.push(test.id);
      errors.push(...(test.result().errors ?? []));
    }
  }
  const message = errors[0]?.message?.split("\n")[0];
  if (ok && errors.length === 0) return { state: "passed", tests };
  const late = /(?:Test|Hook) timed out in [\d.]+ms/.test(errors[0]?.message ?? "");
  return { state: late ? "hung" : "failed", message, failed };
}

/** Runs these files; of a file that `only` names, the tests whose ids stand there. */
async function run({ files, changed, timeoutMs, only }) {
  for (const file of changed) vitest.invalidateFile(join(root, file));
  for (const file of files) {
    one.config.testTimeout = timeoutMs;
    one.config.hookTimeout = timeoutMs;
    process.send({ started: file });
    const start = performance.now();
    // Failures of earlier runs are counted otherwise, and `bail` then starts no test.
    vitest.state.idMap.clear();
    vitest.state.filesMap.clear();
    const specification = one.createSpecification(file, only[file] && { testIds: only[file] });
    const result = await vitest.runTestSpecifications([specification]);
    const end = outcome(result);
    process.send({ file, ms: performance.now() - start, ...end });
    if (end.state !== "passed") break;
  }
  process.send({ finished: true });
}

process.on("message", (message) => {
  run(message).catch((error) => process.send({ error: error.stack }));
});
const files = (await one.globTestFiles()).testFiles;
process.send({ ready: true, files });
