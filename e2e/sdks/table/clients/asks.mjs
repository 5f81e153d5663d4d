// What every JavaScript client of the table is made of: it asks in each situation, and says what its program sees.
import { readFileSync } from "node:fs";

const { plain, stream, presets, only } = JSON.parse(readFileSync(process.env.SDK_ASKS, "utf8"));
const header = "x-faultwire-operation";
/** The first line of what an error says, and no more than that. */
const messageChars = 300;

const firstLine = (text) =>
  String(text ?? "")
    .split("\n")[0]
    .slice(0, messageChars);

/** How often the SDK says that it asked: a list of the errors that came of it, or a number. What a schema found is no such list. */
const attemptsOf = ({ errors, attemptNumber, $metadata }) =>
  Array.isArray(errors) && errors.every((one) => one instanceof Error)
    ? errors.length
    : ($metadata?.attempts ?? attemptNumber);

function describe(error, isOwn) {
  if (!(error instanceof Error))
    return { class: typeof error, own: false, message: firstLine(JSON.stringify(error)) };
  const status = error.status ?? error.statusCode ?? error.status_code ?? error.$metadata?.httpStatusCode;
  return {
    class: error.constructor.name,
    name: error.name,
    own: isOwn(error),
    message: firstLine(error.message),
    ...(typeof status === "number" && { status }),
    ...(typeof attemptsOf(error) === "number" && { attempts: attemptsOf(error) }),
    ...(error.cause instanceof Error && { cause: firstLine(`${error.cause.name}: ${error.cause.message}`) }),
  };
}

async function askOnce(surface, { name, patienceMs, timeoutMs, noRetries }, isOwn) {
  const operation = `${process.env.SDK_ID}/${surface.name}/${name}`;
  let text = "";
  const say = (piece) => {
    text += piece ?? "";
  };
  const beganAt = Date.now();
  const began = performance.now();
  const options = { headers: { [header]: operation }, timeoutMs, noRetries };
  let timer;
  const waiting = new Promise((resolve) => {
    timer = setTimeout(resolve, patienceMs, { kind: "waiting" });
  });
  const answer = Promise.resolve()
    .then(() => surface.ask(options, say))
    .then(
      (end) => ({ kind: "value", end: end ?? null }),
      (error) => ({ kind: "error", error: describe(error, isOwn) }),
    );
  const seen = await Promise.race([answer, waiting]);
  clearTimeout(timer);
  const outcome = { operation, ...seen, text, beganAt, ms: Math.round(performance.now() - began) };
  console.log(`SDK-OUTCOME ${JSON.stringify(outcome)}`);
  await tell(operation, outcome);
  return outcome;
}

/** How often is tried until one answer is whole: a busy machine may not even open a connection in time. */
const warmUps = 5;

/** Several clients begin at the same time, and the machine is busy with loading them. In ms. */
const settleMs = 10_000;

/** Between the beginnings of calls that are under way at once: each makes a client, which takes the process a while. In ms. */
const apartMs = 400;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks for an answer that nothing is wrong with, until there is one; then waits until the machine is calm. */
async function warmUp(surface, whole, isOwn) {
  for (let left = warmUps; left > 0; left--)
    if ((await askOnce(surface, whole, isOwn)).kind === "value") break;
  await pause(settleMs);
}

/** Tells Faultwire what the program makes of it, so that its verdicts can be held against what was seen. */
async function tell(operation, { kind }) {
  const url = process.env.FAULTWIRE_OUTCOME_URL;
  const outcome = kind === "value" ? "complete" : "error";
  if (url && kind !== "waiting")
    await fetch(url, { method: "POST", body: JSON.stringify({ outcome, operation }) });
}

/**
 * Asks on each surface, all surfaces at once, and the situations of one one after the other (`atOnce`: these, too).
 *
 * @param isOwn whether an error is of a class of the SDK @param surfaces `{ name, mode, ask(options, say) }`; `ask` says each piece
 *   of text that it gets, and gives what the SDK calls the reason of the end @param at whose API is asked, where the SDK's name does
 *   not tell
 */
export async function answer({ name, at, versions, isOwn, surfaces, atOnce = false, limits = "" }) {
  // An error that reaches nobody is what some SDKs leave behind; it is not to end the others' turns.
  process.on("unhandledRejection", (error) =>
    console.log(`SDK-UNHANDLED ${firstLine(error?.stack ?? error)}`),
  );
  process.on("uncaughtException", (error) => console.log(`SDK-UNCAUGHT ${firstLine(error?.stack ?? error)}`));
  const listed = surfaces.map(({ name: surface, mode, title }) => ({ name: surface, mode, title }));
  console.log(`SDK-CLIENT ${JSON.stringify({ name, at, versions, limits, surfaces: listed })}`);
  const presetSurface = surfaces.find(({ mode }) => mode === "plain");
  await Promise.all(
    surfaces.map(async (surface) => {
      const isWanted = ({ name: one }) => only === undefined || only.includes(`${surface.name}/${one}`);
      const [whole, ...all] = surface.mode === "plain" ? plain : stream;
      const list = all.filter(isWanted);
      const named = surface === presetSurface ? presets.filter(isWanted) : [];
      if (list.length + named.length === 0 && !isWanted(whole)) return;
      await warmUp(surface, whole, isOwn);
      const later = async (one, index) => {
        await pause(index * apartMs);
        await askOnce(surface, one, isOwn);
      };
      if (atOnce) await Promise.all(list.map(later));
      else for (const one of list) await askOnce(surface, one, isOwn);
      for (const one of named) await askOnce(surface, one, isOwn);
    }),
  );
  process.exit(0);
}
