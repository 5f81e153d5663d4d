/** What rules can match by: a table with one row for each key. */
import { type GrpcMethod, isGrpcCall, methodOfPath } from "@faultwire/grpc";
import { headerValues } from "@faultwire/http1";
import { compileJsonPointer } from "../patterns/json-pointer.ts";
import type { RegexCompiler } from "../patterns/regex-test.ts";
import {
  compileTextPattern,
  PatternList,
  type TextPattern,
  writeTextPattern,
} from "../patterns/text-pattern.ts";
import { PROVIDER_NAMES, type Provider } from "../providers/request-table.ts";
import type { KnownTexts, Test } from "./conditions.ts";
import {
  asksForWebSocket,
  type ConnectionFacts,
  type KnownRequest,
  requestProvider,
  type TrafficWay,
} from "./facts.ts";

/** What a header has to be. */
export interface HeaderMatch {
  /** Without regard to case. */
  readonly name: string;
  /** `true`: there, with any value; `false`: not there; else one of its lines has to match. */
  readonly value: TextPattern | boolean;
}

/** What a member of a JSON body has to be. */
export interface BodyMatch {
  /** RFC 6901. */
  readonly pointer: string;
  /** A text is a pattern for texts; anything else has to be equal. */
  readonly value: TextPattern | number | boolean | null;
}

/** Which gRPC calls; of a list any one. */
export interface GrpcMatch {
  /** With its package, such as `google.ai.generativelanguage.v1beta.GenerativeService`. */
  readonly service?: readonly TextPattern[];
  /** Without its service. */
  readonly method?: readonly TextPattern[];
}

/**
 * What a rule applies to: everything that is given has to hold, of a list any one. Host and SNI are compared in lower
 * case and without a port.
 */
export interface Match {
  /** Methods, in upper case. */
  readonly method?: readonly string[];
  /** Globs or expressions for the host. */
  readonly host?: readonly TextPattern[];
  /** How the connection's traffic can be read. */
  readonly way?: readonly TrafficWay[];
  /** Ports that the connection goes to. */
  readonly port?: readonly number[];
  /** Without the query. */
  readonly path?: readonly TextPattern[];
  /** Globs or expressions for the server name of the ClientHello. */
  readonly sni?: readonly TextPattern[];
  /** Application protocols. */
  readonly alpn?: readonly string[];
  /** Globs or expressions for the JA4 fingerprint. */
  readonly ja4?: readonly TextPattern[];
  /** What headers have to hold; all of them. */
  readonly headers?: readonly HeaderMatch[];
  /** What the body has to hold; all of them. */
  readonly body?: readonly BodyMatch[];
  /** Whose API the request is for. */
  readonly provider?: readonly Provider[];
  /** Globs or expressions for the model that is asked for. */
  readonly model?: readonly TextPattern[];
  /** Whether the request asks for a stream. */
  readonly stream?: boolean;
  /** Whether the request asks for a WebSocket. */
  readonly websocket?: boolean;
  /** Whether the request is a gRPC call, or one of these. */
  readonly grpc?: boolean | GrpcMatch;
}

/** What every key has. */
interface KeyBasics<Value> {
  /** What the key is held against, for the documentation; Markdown. */
  readonly doc: string;
  /** The key in words, for `explain`: one text for each thing that has to hold. */
  describe(value: Value): readonly string[];
}

/** A key for one text, which is known from the start. Rules with the same patterns share the judgement. */
interface TextKey<Value> extends KeyBasics<Value> {
  readonly kind: "text";
  /** Whether a rule with this key is asked once a connection or once a request. */
  readonly unit: "connection" | "request";
  /** @param request - `null` for a connection. */
  read(facts: ConnectionFacts, request: KnownRequest | null): string | undefined;
  patterns(value: Value): readonly TextPattern[];
  /** The text is in lower case, and globs are to be, too. */
  readonly lowerCase?: boolean;
  /** The text is known when a client asks a proxy for its connection, before anything is said on that. */
  readonly isKnownAtConnect?: boolean;
}

/** A key for something that is found out when a rule asks for it; it makes its rule one about requests. */
interface TestKey<Value> extends KeyBasics<Value> {
  /** `body`: it can't be judged before the body is there. */
  readonly kind: "head" | "body";
  readonly unit: "request";
  tests(value: Value, compileRegex: RegexCompiler): readonly Test[];
  /** Whether a request whose body is not there can be judged all the same. */
  isKnownEarly?(request: KnownRequest): boolean;
}

/** One row of the table. */
export type MatchKey<Value> = TextKey<Value> | TestKey<Value>;

const any = (values: readonly (string | number)[]): string => values.join(" or ");
const anyPattern = (patterns: readonly TextPattern[]): string => any(patterns.map(writeTextPattern));
/** Texts that are taken by the letter. `*` is a token, but no method or protocol has ever held one. */
const literal = (texts: readonly string[]): TextPattern[] => texts.map((text) => ({ kind: "glob", text }));

function headerTest({ name, value }: HeaderMatch, compileRegex: RegexCompiler): Test {
  if (typeof value === "boolean")
    return ({ facts }) => headerValues(facts.headers, name).length > 0 === value;
  const test = compileTextPattern(value, compileRegex);
  return ({ facts }, effort) => headerValues(facts.headers, name).some((line) => test(line, effort));
}

function bodyTest({ pointer, value }: BodyMatch, compileRegex: RegexCompiler): Test {
  const read = compileJsonPointer(pointer);
  if (typeof value !== "object" || value === null) return (request) => read(request.json) === value;
  const test = compileTextPattern(value, compileRegex);
  return (request, effort) => {
    const found = read(request.json);
    return typeof found === "string" && test(found, effort);
  };
}

function grpcTests(grpc: boolean | GrpcMatch, compileRegex: RegexCompiler): readonly Test[] {
  const isCall: Test = ({ facts }) => isGrpcCall(facts.method, facts.headers);
  if (typeof grpc === "boolean") return [(request, effort) => isCall(request, effort) === grpc];
  const ofPart = (part: keyof GrpcMethod): readonly Test[] => {
    const patterns = grpc[part];
    if (!patterns) return [];
    const list = new PatternList(patterns, false, compileRegex);
    return [
      (request, effort) => {
        const found = methodOfPath(request.path)?.[part];
        return found !== undefined && list.matches(found, effort);
      },
    ];
  };
  return [isCall, ...ofPart("service"), ...ofPart("method")];
}

/** Some APIs name the model and ask for a stream in the path: no body has to be waited for. */
const hasModelInPath = (request: KnownRequest): boolean => request.inPath !== undefined;
const hasStreamInPath = (request: KnownRequest): boolean => request.inPath?.stream !== undefined;

/**
 * The keys of `match`. To add one: its value in {@link Match} and its row here, and its form in a rule
 * file in `match-schema.ts`; the compiler asks for both. Judgement, `explain`, the unit of a rule and the documentation's
 * table follow. The order is that of `explain`.
 */
export const MATCH_KEYS: { readonly [Key in keyof Match]-?: MatchKey<NonNullable<Match[Key]>> } = {
  method: {
    kind: "text",
    unit: "request",
    doc: "`POST`, or a list",
    read: (_, request) => request?.facts.method,
    patterns: literal,
    describe: (methods) => [`method ${any(methods)}`],
  },
  host: {
    kind: "text",
    unit: "connection",
    doc: "the host's name, lower case, without port",
    read: ({ host }) => host,
    patterns: (hosts) => hosts,
    lowerCase: true,
    isKnownAtConnect: true,
    describe: (hosts) => [`host ${anyPattern(hosts)}`],
  },
  way: {
    kind: "text",
    unit: "connection",
    doc: "how the traffic can be read: `opaque` (HTTPS that stays closed), `decrypted` (HTTPS that is opened), `plain`",
    read: ({ way }) => way,
    patterns: literal,
    describe: (ways) => [`${any(ways)} traffic`],
  },
  port: {
    kind: "text",
    unit: "connection",
    doc: "the port that the client asked the proxy for; in a tunnel of the Fault proxy, which does not tell it, 443 for HTTPS and 80 for HTTP",
    read: ({ port }) => (port === undefined ? undefined : String(port)),
    patterns: (ports) => literal(ports.map(String)),
    isKnownAtConnect: true,
    describe: (ports) => [`port ${any(ports)}`],
  },
  path: {
    kind: "text",
    unit: "request",
    doc: "the path without its query",
    read: (_, request) => request?.path,
    patterns: (paths) => paths,
    describe: (paths) => [`path ${anyPattern(paths)}`],
  },
  sni: {
    kind: "text",
    unit: "connection",
    doc: "the name in the ClientHello",
    read: ({ sni }) => sni,
    patterns: (names) => names,
    lowerCase: true,
    describe: (names) => [`SNI ${anyPattern(names)}`],
  },
  alpn: {
    kind: "text",
    unit: "connection",
    doc: "the protocol that the client offers first",
    read: ({ alpn }) => alpn,
    patterns: literal,
    describe: (protocols) => [`ALPN ${any(protocols)}`],
  },
  ja4: {
    kind: "text",
    unit: "connection",
    doc: "the fingerprint of the ClientHello",
    read: ({ ja4 }) => ja4,
    patterns: (prints) => prints,
    describe: (prints) => [`JA4 ${anyPattern(prints)}`],
  },
  headers: {
    kind: "head",
    unit: "request",
    doc: "by name: a text, `true` for there, `false` for not there",
    tests: (headers, compileRegex) => headers.map((header) => headerTest(header, compileRegex)),
    describe: (headers) =>
      headers.map(({ name, value }) =>
        typeof value === "boolean"
          ? `${value ? "a" : "no"} header ${name}`
          : `header ${name} like ${writeTextPattern(value)}`,
      ),
  },
  body: {
    kind: "body",
    unit: "request",
    doc: 'by JSON pointer: `{ /metadata/user_id: "team-*" }`',
    tests: (members, compileRegex) => members.map((member) => bodyTest(member, compileRegex)),
    describe: (members) =>
      members.map(({ pointer, value }) => {
        const isPattern = typeof value === "object" && value !== null;
        return `body ${pointer} ${isPattern ? writeTextPattern(value) : String(value)}`;
      }),
  },
  provider: {
    kind: "head",
    unit: "request",
    doc: `${PROVIDER_NAMES.map((name) => `\`${name}\``).join(", ")}, told by the host, else by the path, so that gateways and mocks count, too`,
    tests: (providers) => [
      ({ facts }) => {
        const found = requestProvider(facts);
        return found !== undefined && providers.includes(found);
      },
    ],
    describe: (providers) => [`provider ${any(providers)}`],
  },
  model: {
    kind: "body",
    unit: "request",
    doc: "the model asked for",
    tests: (models, compileRegex) => {
      const list = new PatternList(models, false, compileRegex);
      return [(request, effort) => request.model !== undefined && list.matches(request.model, effort)];
    },
    isKnownEarly: hasModelInPath,
    describe: (models) => [`model ${anyPattern(models)}`],
  },
  stream: {
    kind: "body",
    unit: "request",
    doc: "whether a stream is asked for",
    tests: (stream) => [
      (request) => request.isStream === stream && (request.json !== undefined || hasStreamInPath(request)),
    ],
    isKnownEarly: hasStreamInPath,
    describe: (stream) => [stream ? "a stream asked for" : "no stream asked for"],
  },
  websocket: {
    kind: "head",
    unit: "request",
    doc: "whether a WebSocket is asked for: a `GET` with `upgrade: websocket`",
    tests: (websocket) => [({ facts }) => asksForWebSocket(facts) === websocket],
    describe: (websocket) => [websocket ? "a WebSocket asked for" : "no WebSocket asked for"],
  },
  grpc: {
    kind: "head",
    unit: "request",
    doc: "whether it is a gRPC call: a `POST` with `content-type: application/grpc`; or which one: `{ service: helloworld.*, method: SayHello }`",
    tests: grpcTests,
    describe: (grpc) => {
      if (typeof grpc === "boolean") return [grpc ? "a gRPC call" : "no gRPC call"];
      const { service, method } = grpc;
      return [
        "a gRPC call",
        ...(service ? [`service ${anyPattern(service)}`] : []),
        ...(method ? [`gRPC method ${anyPattern(method)}`] : []),
      ];
    },
  },
};

/** The rows, each with its name. */
export const MATCH_ROWS: readonly (readonly [name: keyof Match, key: MatchKey<unknown>])[] = Object.entries(
  MATCH_KEYS,
) as unknown as readonly (readonly [keyof Match, MatchKey<unknown>])[];

/** The rows for which a match says something, each with what it says. */
export function givenKeys(
  match: Match,
): readonly { readonly name: keyof Match; readonly key: MatchKey<unknown>; readonly value: unknown }[] {
  return MATCH_ROWS.flatMap(([name, key]) =>
    match[name] === undefined ? [] : [{ name, key, value: match[name] }],
  );
}

const TEXT_KEYS = Object.values(MATCH_KEYS).filter((key) => key.kind === "text");

/** Where the text of a key stands in {@link KnownTexts}. */
export function textPlace(key: MatchKey<unknown>): number {
  return TEXT_KEYS.findIndex((one) => (one as MatchKey<unknown>) === key);
}

/** The texts of a connection, or of a request on it. */
export function knownTexts(facts: ConnectionFacts, request: KnownRequest | null): KnownTexts {
  return TEXT_KEYS.map((key) => key.read(facts, request));
}

/** A rule's regular expression, with its states. */
export interface Expression {
  readonly key: keyof Match;
  readonly text: string;
  readonly states: number;
}

/** Every regular expression of a match, with its states. */
export function expressionsOf(match: Match, compileRegex: RegexCompiler): readonly Expression[] {
  return regexesOf(match).map(({ key, text }) => ({ key, text, states: compileRegex(text).states }));
}

/** Every regular expression of a match, as it stands. */
export function regexesOf(match: Match): readonly Omit<Expression, "states">[] {
  const { headers = [], body = [], grpc } = match;
  const calls = typeof grpc === "object" ? [...(grpc.service ?? []), ...(grpc.method ?? [])] : [];
  const parts: readonly (readonly [keyof Match, readonly unknown[]])[] = [
    ...(["host", "path", "sni", "ja4", "model"] as const).map((key) => [key, match[key] ?? []] as const),
    ["headers", headers.map(({ value }) => value)],
    ["body", body.map(({ value }) => value)],
    ["grpc", calls],
  ];
  return parts.flatMap(([key, values]) =>
    values.flatMap((value) => {
      if (typeof value !== "object" || value === null || !("kind" in value)) return [];
      const { kind, text } = value as TextPattern;
      return kind === "regex" ? [{ key, text }] : [];
    }),
  );
}

/** A Markdown table of the keys, those about connections first; the documentation's is made with it. */
export function matchTable(): string {
  const rows = MATCH_ROWS.toSorted(
    ([, a], [, b]) => Number(a.unit === "request") - Number(b.unit === "request"),
  );
  return [
    "| key | what it is held against |",
    "|---|---|",
    ...rows.map(([name, { doc }]) => `| \`${name}\` | ${doc} |`),
    "",
  ].join("\n");
}
