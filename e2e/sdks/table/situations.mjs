// What is done to an SDK, and the rules that do it. A request says in `x-faultwire-operation` which situation it wants:
// `SURFACE/SITUATION`. So one run of a program goes through all of them, and the log tells them apart.

/** How long an SDK's own time limit is where a situation is about one: short, so that a run stays quick, and long enough for a busy machine. In ms. */
export const timeoutMs = 8000;
/** How long is waited for an SDK that may wait for ever, until "still waiting" is what there is to say. In ms. */
const patienceMs = 30_000;
/** The same where it is sure to come to an end by itself: its own waits between its retries, and a busy machine. In ms. */
const longPatienceMs = 150_000;

/** What the mock's model says: one word a piece. */
export const said = Array.from({ length: 40 }, (_, index) => `word${index + 1}`).join(" ");

/** The script of the mock. */
export const script = { turns: [{ say: said }] };

/**
 * Each API with its own words for what many of them have: presets, and the type of an error in mid-stream. `provider` and `model`
 * where a provider has several APIs; those with a model stand before the one that takes the rest.
 */
const apis = {
  anthropic: {
    rateLimit: "rate_limit_error",
    internal: "api_error",
    overloaded: "overloaded_error",
    inStream: "overloaded_error",
  },
  openai: {
    rateLimit: "rate_limit_exceeded",
    internal: "server_error",
    overloaded: "server_is_overloaded",
    inStream: "server_error",
  },
  azure: {
    rateLimit: "rate_limit",
    internal: "server_error",
    overloaded: "ServiceUnavailable",
    inStream: "server_error",
  },
  gemini: {
    rateLimit: "RESOURCE_EXHAUSTED",
    internal: "INTERNAL",
    overloaded: "UNAVAILABLE",
    inStream: "UNAVAILABLE",
  },
  claudeAtVertex: {
    provider: "vertex",
    model: "claude-*",
    rateLimit: "quota_exceeded",
    internal: "INTERNAL",
    overloaded: "overloaded_error",
    inStream: "overloaded_error",
  },
  vertex: {
    rateLimit: "RESOURCE_EXHAUSTED",
    internal: "INTERNAL",
    overloaded: "UNAVAILABLE",
    inStream: "UNAVAILABLE",
  },
  bedrock: {
    rateLimit: "ThrottlingException",
    internal: "InternalServerException",
    overloaded: "ServiceUnavailableException",
    inStream: "serviceUnavailableException",
  },
  ollama: {
    rateLimit: "too_many_requests",
    internal: "internal_error",
    overloaded: "server_busy",
    inStream: "server busy",
  },
  mistral: {
    rateLimit: "rate_limited",
    internal: "internal_server_error",
    overloaded: "unreachable_backend",
    inStream: "unreachable_backend",
  },
  cohere: {
    rateLimit: "too_many_requests",
    internal: "internal_error",
    overloaded: "service_unavailable",
    inStream: "internal_error",
  },
  openrouter: {
    rateLimit: "rate_limit_exceeded",
    internal: "server",
    overloaded: "provider_overloaded",
    inStream: "provider_unavailable",
  },
  litellm: {
    rateLimit: "RateLimitError",
    internal: "InternalServerError",
    overloaded: "ServiceUnavailableError",
    inStream: "InternalServerError",
  },
};

const providerOf = (api) => apis[api].provider ?? api;
export const providers = [...new Set(Object.keys(apis).map(providerOf))];

const preset = (kind, more) => (api) => ({
  http: { preset: `${providerOf(api)}/${apis[api][kind]}`, ...more },
});
const page = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>";
/** Behind so many events: in the middle of the text, whatever a provider's stream begins with. */
const afterEvents = 7;

/**
 * Every situation: `title` as the page has it, `mode` of the requests it is for, `fault` by API. `limited`: the SDK's own
 * time limit is made short. `endless`: it may wait for ever.
 */
export const situations = {
  "429-soon": {
    title: "429, `retry-after: 1`",
    mode: "plain",
    fault: preset("rateLimit", { retryAfter: "1s" }),
  },
  "429-bare": {
    title: "429, no `retry-after`",
    mode: "plain",
    fault: preset("rateLimit", { retryAfter: "none" }),
  },
  "429-late": {
    title: "429, `retry-after: 120`",
    mode: "plain",
    endless: true,
    fault: preset("rateLimit", { retryAfter: "120s" }),
  },
  "status-500": { title: "500", mode: "plain", fault: preset("internal") },
  overloaded: { title: "overloaded: 529, or 503", mode: "plain", fault: preset("overloaded") },
  "status-408": { title: "408", mode: "plain", fault: () => ({ http: { status: 408 } }) },
  "status-409": { title: "409", mode: "plain", fault: () => ({ http: { status: 409 } }) },
  "page-502": {
    title: "502 with a page of HTML",
    mode: "plain",
    fault: () => ({ http: { status: 502, body: page, headers: { "content-type": "text/html" } } }),
  },
  "page-200": {
    title: "200 with a page of HTML",
    mode: "plain",
    fault: () => ({ http: { malformed: "html" } }),
  },
  "broken-json": {
    title: "200 with broken JSON",
    mode: "plain",
    fault: () => ({ http: { malformed: "invalid-json" } }),
  },
  reset: {
    title: "reset before the answer",
    mode: "plain",
    fault: () => ({ connection: { reset: { at: "response-head" } } }),
  },
  closed: { title: "closed before the answer", mode: "plain", fault: () => ({ http: { empty: true } }) },
  "half-body": {
    title: "closed in half an answer",
    mode: "plain",
    fault: () => ({ http: { truncate: { afterShare: 0.5 } } }),
  },
  silence: {
    title: "no answer at all",
    mode: "plain",
    limited: true,
    fault: () => ({ connection: { stall: { at: "response-head" } } }),
  },
  "error-event": {
    title: "an error event",
    mode: "stream",
    fault: (api) => ({ stream: { errorEvent: { type: apis[api].inStream, afterEvents } } }),
  },
  "stream-reset": {
    title: "a reset",
    mode: "stream",
    fault: () => ({ stream: { cut: { afterEvents, stop: "reset" } } }),
  },
  "stream-closed": {
    title: "the connection closes",
    mode: "stream",
    fault: () => ({ stream: { cut: { afterEvents, stop: "fin" } } }),
  },
  truncated: {
    title: "a proper end of the body, the rest missing",
    mode: "stream",
    fault: () => ({ stream: { cut: { afterEvents, stop: "clean" } } }),
  },
  "no-last-event": {
    title: "the last event missing",
    mode: "stream",
    fault: () => ({ stream: { cut: { before: "terminal", stop: "clean" } } }),
  },
  "stream-silence": {
    title: "silence",
    mode: "stream",
    limited: true,
    endless: true,
    fault: () => ({ stream: { stall: { afterEvents } } }),
  },
  garbage: {
    title: "an event of broken JSON",
    mode: "stream",
    fault: () => ({ stream: { damage: { events: afterEvents, how: "invalid-json" } } }),
  },
  twice: {
    title: "an event twice",
    mode: "stream",
    fault: () => ({ stream: { duplicate: { events: afterEvents } } }),
  },
  lost: {
    title: "an event missing",
    mode: "stream",
    fault: () => ({ stream: { drop: { events: afterEvents } } }),
  },
  "stream-page": {
    title: "200 with a page of HTML in the stream's place",
    mode: "stream",
    fault: () => ({ http: { malformed: "html" } }),
  },
};

/** The header's value is part of each match, so that the order of situations means nothing. */
const rule = (name, api, fault) => ({
  name: `${name}.${api}`,
  match: {
    provider: providerOf(api),
    ...(apis[api].model && { model: apis[api].model }),
    headers: { "x-faultwire-operation": `*/${name}` },
  },
  fault,
});

/** @param targets hosts that may fail @param presetsOf the presets of a provider, by their names in rules */
export function ruleFile(targets, presetsOf) {
  const rules = Object.keys(apis).flatMap((api) => [
    ...Object.entries(situations).map(([name, { fault }]) => rule(name, api, fault(api))),
    ...presetsOf[providerOf(api)].map((name) =>
      rule(`preset.${name}`, api, { http: { preset: `${providerOf(api)}/${name}` } }),
    ),
  ]);
  return { version: 1, targets, rules, expect: "none" };
}

/**
 * What a client is told to ask, beside `whole`: an answer that nothing is wrong with.
 *
 * @param presetNames the presets that it is asked with, too
 * @param habits of the SDK, as environment.mjs has them
 */
export function asks(presetNames, { hasTimeLimit, isTireless }) {
  const whole = { name: "whole", patienceMs: longPatienceMs };
  const of = (wanted) =>
    Object.entries(situations)
      .filter(([, { mode }]) => mode === wanted)
      .map(([name, { limited = false, endless = false }]) => ({
        name,
        patienceMs: isTireless || endless || (limited && !hasTimeLimit) ? patienceMs : longPatienceMs,
        ...(limited && { timeoutMs }),
      }));
  return {
    plain: [whole, ...of("plain")],
    stream: [whole, ...of("stream")],
    presets: presetNames.map((name) => ({
      name: `preset.${name}`,
      patienceMs: longPatienceMs,
      noRetries: true,
    })),
  };
}
