// The order of a release, and nothing beside it: each step is taken when all before it have passed.
import { Refused } from "./step.mjs";

/** What only a check may leave out. */
const checkOnly = ["core", "skip-tests", "only"];

/**
 * Takes every step of a release: clean tree → version → build from nothing → `npm test` → pack → the tarballs installed and
 * used → still the same tree → publish. A check leaves out what prepares or does a publication.
 *
 * @param flags of the command: `check`, `core`, `only`, `skip-tests`
 * @param work what each step does, by its name; a step refuses by throwing
 * @param say takes a line about each step that has passed
 * @throws Refused of the first step that refuses; no later one is taken
 */
export async function takeSteps(flags, work, say) {
  for (const flag of checkOnly)
    if (flags[flag] && !flags.check)
      throw new Refused("flags", `--${flag} is for release:check; a release takes every step`);
  const step = async (name, act) => {
    const began = performance.now();
    const said = await act();
    const text = typeof said === "string" ? said : `${said.length} tarballs`;
    say(`release: ${name}: ${text} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
    return said;
  };
  const commit = await step("tree", work.tree);
  if (!flags.check) await step("version", work.version);
  await step("build", work.build);
  if (!flags["skip-tests"]) await step("test", work.test);
  const packed = await step("pack", work.pack);
  await step("use", () => work.use(packed));
  if (flags.check) return;
  // A test, or a person, may have changed the tree since: what is published has to be what the commit has.
  const commitNow = await step("tree", work.tree);
  if (commitNow !== commit)
    throw new Refused("tree", `${commit} was tested, and this is ${commitNow}: run the release again`);
  await step("publish", () => work.publish(packed));
}
