// What every client of the verdicts does: three things, each of which a rule of faults.yaml lets fail in its own way.

/** The parameters of the three, with a text of its own, so that no two operations ask for the same. */
export const throttled = (text) => ({ model: "claude-haiku-4-5", max_tokens: 64, messages: [user(text)] });
export const refused = (text) => ({ model: "claude-opus-4-6", max_tokens: 64, messages: [user(text)] });
export const streamed = (text) => ({ model: "claude-sonnet-5-5", max_tokens: 64, messages: [user(text)] });

function user(content) {
  return { role: "user", content };
}

/**
 * How clients differ. `retries` tells whether a status is asked for again, `waitMs` how long before, `needsEnd` whether a
 * stream without its last event counts as failed, and `asksAgain` whether such a one is asked for again.
 */
export const habits = {
  good: { retries: isTemporary, waitMs: asAsked, needsEnd: true, asksAgain: true },
  careless: { retries: isTemporary, waitMs: () => 300, needsEnd: true, asksAgain: true },
  stubborn: { retries: () => true, waitMs: asAsked, needsEnd: true, asksAgain: true },
  gullible: { retries: isTemporary, waitMs: asAsked, needsEnd: false, asksAgain: true },
  proper: { retries: isTemporary, waitMs: asAsked, needsEnd: true, asksAgain: false },
};

const tries = 4;

function isTemporary(status) {
  return status === 408 || status === 429 || status >= 500;
}

/** What `retry-after` says, or 50 ms. */
function asAsked(headers) {
  const seconds = Number(headers?.get("retry-after") ?? Number.NaN);
  return Number.isNaN(seconds) ? 50 : seconds * 1000;
}

/** The failure of a request: its status, or 0 for a stream without an end. */
export class Failure extends Error {
  constructor(status, headers) {
    super(`status ${status}`);
    this.status = status;
    this.headers = headers;
  }
}

/** Says how an operation ended for this program: the three lines of docs/verdicts.md. */
export async function sayOutcome(operation, outcome, text) {
  const url = process.env.FAULTWIRE_OUTCOME_URL;
  if (url) await fetch(url, { method: "POST", body: JSON.stringify({ operation, outcome, text }) });
}

/**
 * Does the three things so many times side by side, with a habit; `ask(parameters, headers)` and `stream(parameters, headers)`
 * reject with a {@link Failure}. A client that is `bare` neither names its operations nor says how they ended.
 */
export async function carryOut(habit, { sets, isBare }, { ask, stream }) {
  const { retries, waitMs, needsEnd, asksAgain } = habits[habit];
  let hasFailed = false;
  const operation = async (name, attempt) => {
    for (let number = 1; ; number++) {
      const named = isBare ? {} : { "x-faultwire-operation": name };
      try {
        await attempt({ "x-attempt": String(number), ...named });
        if (!isBare) await sayOutcome(name, "complete");
        return;
      } catch (failure) {
        if (!(failure instanceof Failure)) throw failure;
        const { status, headers, message } = failure;
        if (number === tries || !(status === 0 ? asksAgain : retries(status))) {
          hasFailed = true;
          if (!isBare) await sayOutcome(name, "error", message);
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, waitMs(headers)));
      }
    }
  };
  const set = async (number) => {
    await operation(`throttled ${number}`, (headers) => ask(throttled(`Good morning, ${number}!`), headers));
    await operation(`refused ${number}`, (headers) => ask(refused(`Good afternoon, ${number}!`), headers));
    await operation(`streamed ${number}`, async (headers) => {
      const isWhole = await stream(streamed(`Good evening, all ${number}!`), headers);
      if (needsEnd && !isWhole) throw new Failure(0, undefined);
    });
  };
  await Promise.all(Array.from({ length: sets }, (_, number) => set(number)));
  if (hasFailed && habit === "proper") process.exitCode = 1;
}

/** What the command line says: `<habit> <sets> [bare]`. */
export function commandLine() {
  const [habit = "good", sets = "1", bare] = process.argv.slice(2);
  return { habit, settings: { sets: Number(sets), isBare: bare === "bare" } };
}
