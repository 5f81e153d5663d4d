/** Events with made-up members. The compiler asks for every kind of event, and for every member of it. */
import fc from "fast-check";
import { type EngineEvent, EXCHANGE_ENDS, FAULT_KINDS, OUTCOMES } from "../../src/index.ts";

const atMs = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });
const whole = fc.nat();
const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });

/** An arbitrary for each member, also of one that may be left out. */
type Members<T> = { readonly [Name in keyof T]-?: fc.Arbitrary<T[Name]> };

/** What the texts of an event are made of. */
export interface EventTexts {
  /** Of what others write, and of names. */
  readonly text: fc.Arbitrary<string>;
  /** Of digests, which are ours. Default the same. */
  readonly digest?: fc.Arbitrary<string>;
}

/** An event of any kind. Names of requests are not unique. */
export function anyEvent({ text, digest = text }: EventTexts): fc.Arbitrary<EngineEvent> {
  const name = text.filter((one) => one !== "");
  const fault = fc.constantFrom(...FAULT_KINDS);
  const ofRule = { atMs, request: orNull(name), connection: name, rule: text, fault };
  const said = fc.record({ messages: whole, bytes: whole });
  const kinds: { readonly [Type in EngineEvent["type"]]: Members<Extract<EngineEvent, { type: Type }>> } = {
    connection: {
      type: fc.constant("connection"),
      atMs,
      openedAtMs: some(atMs),
      connection: name,
      client: text,
      host: text,
    },
    request: {
      type: fc.constant("request"),
      atMs,
      beganAtMs: some(atMs),
      request: name,
      connection: name,
      client: text,
      host: text,
      method: text,
      path: text,
      fingerprint: digest,
      model: orNull(text),
      stream: fc.boolean(),
      bodyBytes: some(fc.maxSafeNat()),
      messages: some(whole),
      afterGoaway: some(fc.constant(true as const)),
      userAgent: some(text),
      sdk: some(text),
      operation: some(text),
      retryCount: some(fc.nat(9999)),
      idempotency: some(digest),
      keyDigest: some(digest),
      trace: some(text),
      span: some(text),
    },
    decision: {
      type: fc.constant("decision"),
      ...ofRule,
      matchNumber: fc.integer({ min: 1 }),
      preset: some(text),
      code: some(text),
      unprocessed: some(fc.constant(true as const)),
    },
    done: { type: fc.constant("done"), ...ofRule, instead: some(text) },
    undone: { type: fc.constant("undone"), ...ofRule, reason: text },
    response: {
      type: fc.constant("response"),
      atMs,
      request: name,
      // As `http1` and `http2` read it: any three digits that begin with 1 to 9.
      status: fc.integer({ min: 100, max: 999 }),
      injected: fc.boolean(),
      standsIn: some(fc.constant(true as const)),
      answeredBy: some(text),
      retryAfterMs: orNull(fc.double({ min: 0, noNaN: true })),
      requestId: some(text),
    },
    end: {
      type: fc.constant("end"),
      atMs,
      request: name,
      how: fc.constantFrom(...EXCHANGE_ENDS),
      events: some(whole),
      webSocket: some(
        fc.record({
          client: said,
          server: said,
          close: orNull(
            fc.record({
              by: fc.constantFrom("client", "server", "fault"),
              // What a close frame has room for.
              code: orNull(fc.integer({ min: 0, max: 65_535 })),
            }),
          ),
        }),
      ),
      grpc: some(
        fc.record({
          client: said,
          server: said,
          status: orNull(
            fc.record({
              by: fc.constantFrom("server", "fault", "carrier"),
              // Of up to ten digits, as `grpc` reads it, and as it reads the other two.
              code: fc.integer({ min: 0, max: 9_999_999_999 }),
              retryDelayMs: some(fc.double({ min: 0, max: 315_576_000_001_000, noNaN: true })),
              pushback: some(
                fc.oneof(fc.integer({ min: 0, max: 9_999_999_999 }), fc.constant("never" as const)),
              ),
            }),
          ),
        }),
      ),
      endedBy: some(fc.record({ rule: text, fault })),
    },
    unread: {
      type: fc.constant("unread"),
      atMs,
      connection: orNull(name),
      client: orNull(text),
      host: orNull(text),
      from: fc.constantFrom("client", "server"),
      reason: text,
    },
    outcome: {
      type: fc.constant("outcome"),
      atMs,
      from: fc.constantFrom("program", "exit"),
      outcome: fc.constantFrom(...OUTCOMES),
      operation: some(text),
      requestId: some(text),
      trace: some(text),
      text: some(text),
      exitStatus: some(orNull(fc.integer())),
      signal: some(text),
    },
  };
  const records = Object.values(kinds).map(
    (members) => fc.record(members as Record<string, fc.Arbitrary<unknown>>) as fc.Arbitrary<unknown>,
  );
  return fc.oneof(...(records as fc.Arbitrary<EngineEvent>[]));
}
