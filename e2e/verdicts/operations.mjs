// What every client of the verdicts does: three things, each of which a rule of faults.yaml lets fail in its own way.

/** Asked plainly; throttled at first. */
export const throttled = { model: "claude-haiku-4-5", max_tokens: 64, messages: [user("Good morning!")] };
/** Asked plainly; refused, however often it is asked. */
export const refused = { model: "claude-opus-4-6", max_tokens: 64, messages: [user("Good afternoon!")] };
/** Asked as a stream; the first one lacks its end. */
export const streamed = {
  model: "claude-sonnet-5-5",
  max_tokens: 64,
  messages: [user("Good evening, all!")],
};

function user(content) {
  return { role: "user", content };
}

/**
 * How clients differ. `retries` tells whether a status is asked for again, `waitMs` how long before, and `needsEnd`
 * whether a stream without its last event counts as failed.
 */
export const habits = {
  good: { retries: isTemporary, waitMs: asAsked, needsEnd: true },
  careless: { retries: isTemporary, waitMs: () => 10, needsEnd: true },
  stubborn: { retries: () => true, waitMs: asAsked, needsEnd: true },
  gullible: { retries: isTemporary, waitMs: asAsked, needsEnd: false },
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

/** Does the three things with a habit; `ask(parameters)` and `stream(parameters)` reject with a {@link Failure}. */
export async function carryOut(habit, { ask, stream }) {
  const { retries, waitMs, needsEnd } = habits[habit];
  const outcomes = [];
  const withRetries = async (attempt) => {
    for (let left = tries; ; ) {
      try {
        return outcomes.push(await attempt());
      } catch (failure) {
        if (!(failure instanceof Failure)) throw failure;
        left--;
        if (left === 0 || !(failure.status === 0 || retries(failure.status)))
          return outcomes.push(failure.message);
        await new Promise((resolve) => setTimeout(resolve, waitMs(failure.headers)));
      }
    }
  };
  await withRetries(() => ask(throttled));
  await withRetries(() => ask(refused));
  await withRetries(async () => {
    const { text, isWhole } = await stream(streamed);
    if (needsEnd && !isWhole) throw new Failure(0, undefined);
    return text;
  });
  process.stdout.write(JSON.stringify(outcomes));
}
