/** Every key of `match` decides, is described, and says for itself what it needs. */
import { describe, expect, it } from "vitest";
import {
  explain,
  FaultEngine,
  type Match,
  parseRuleFile,
  type RequestFacts,
  type RuleSet,
} from "../../src/index.ts";
import { matchTable } from "../../src/internal.ts";
import { compileRegex } from "../../src/patterns/linear-regex.ts";
import { expressionsOf } from "../../src/rules/match-keys.ts";

const body = { model: "claude-1", stream: true, metadata: { user_id: "team-a" } };
const facts: RequestFacts = {
  connection: "1",
  way: "decrypted",
  host: "api.example.com",
  sni: "api.example.com",
  port: 443,
  alpn: "http/1.1",
  ja4: "t13d",
  method: "POST",
  target: "/v1/messages?x=1",
  headers: [["x-team", "a"]],
  body: new TextEncoder().encode(JSON.stringify(body)),
};

interface Sample {
  /** In a rule file: one that holds for the request above, and one that does not. */
  readonly holds: string;
  readonly fails: string;
  readonly words: string;
  /** What has to be there before it can be judged. */
  readonly needs: "connection" | "head" | "body";
}

const samples = {
  method: { holds: "post", fails: "GET", words: "method POST", needs: "head" },
  host: { holds: '"API.*"', fails: "other.example.com", words: "host API.*", needs: "connection" },
  way: {
    holds: "[plain, decrypted]",
    fails: "plain",
    words: "plain or decrypted traffic",
    needs: "connection",
  },
  port: { holds: "443", fails: "80", words: "port 443", needs: "connection" },
  path: { holds: "/v1/messages", fails: "/v1/models", words: "path /v1/messages", needs: "head" },
  sni: { holds: "api.*", fails: "other.*", words: "SNI api.*", needs: "connection" },
  alpn: { holds: "http/1.1", fails: "h2", words: "ALPN http/1.1", needs: "connection" },
  ja4: { holds: "t13*", fails: "t12*", words: "JA4 t13*", needs: "connection" },
  headers: {
    holds: "{ x-team: a }",
    fails: "{ x-team: false }",
    words: "header x-team like a",
    needs: "head",
  },
  body: {
    holds: '{ /metadata/user_id: "team-*" }',
    fails: "{ /stream: false }",
    words: "body /metadata/user_id team-*",
    needs: "body",
  },
  provider: { holds: "anthropic", fails: "[openai, gemini]", words: "provider anthropic", needs: "head" },
  model: { holds: "claude-*", fails: "gpt-*", words: "model claude-*", needs: "body" },
  stream: { holds: "true", fails: "false", words: "a stream asked for", needs: "body" },
  websocket: { holds: "false", fails: "true", words: "no WebSocket asked for", needs: "head" },
  grpc: { holds: "false", fails: "true", words: "no gRPC call", needs: "head" },
} satisfies Record<keyof Match, Sample>;

const keys = Object.entries<Sample>(samples);
const ruleSet = (key: string, value: string): RuleSet =>
  parseRuleFile(
    `version: 1\nrules: [{ name: a, match: { ${key}: ${value} }, fault: { http: { empty: true } } }]`,
    "a.yaml",
  ).ruleSet;
const decide = (key: string, value: string, request: RequestFacts): string => {
  const engine = new FaultEngine({ startedAtMs: 0 });
  engine.setRules("file", ruleSet(key, value));
  return engine.decideRequest(request, 0).kind;
};
const { body: _, ...head } = facts;

describe("a key of match", () => {
  it.each(keys)("%s holds for what it says, and for nothing else", (key, { holds, fails }) => {
    expect(decide(key, holds, facts)).toBe("fault");
    expect(decide(key, fails, facts)).toBe("none");
  });

  it.each(keys)("%s waits for the body only where it needs it", (key, { holds, needs }) => {
    expect(decide(key, holds, head)).toBe(needs === "body" ? "needs-body" : "fault");
  });

  it.each(keys)(
    "%s makes its rule one about requests where a connection can't tell",
    (key, { holds, needs }) => {
      const { rules } = ruleSet(key, holds);
      const early = { ...rules[0]!, faults: [{ kind: "tls.garbage", afterRecords: 0 } as const] };
      const set = (): void =>
        new FaultEngine({ startedAtMs: 0 }).setRules("file", { ...ruleSet(key, holds), rules: [early] });
      if (needs === "connection") expect(set).not.toThrow();
      else expect(set).toThrow(`match.${key}`);
    },
  );

  it.each(keys)("%s is described", (key, { holds, words }) => {
    expect(explain(ruleSet(key, holds))).toContain(` with ${words}\n`);
  });

  it.each(keys)("%s is in the documentation's table", (key) => {
    expect(matchTable()).toContain(`| \`${key}\` | `);
  });
});

describe("grpc", () => {
  const call: RequestFacts = {
    ...facts,
    target: "/google.ai.v1.GenerativeService/GenerateContent",
    headers: [["content-type", "application/grpc+proto"]],
  };

  it.each([
    ["true", "fault"],
    ["false", "none"],
    ["{ service: google.ai.*, method: [Embed, GenerateContent] }", "fault"],
    ["{ service: google.ai.v1.GenerativeService }", "fault"],
    ["{ service: /^google.*v1\\.Gen/ }", "fault"],
    ["{ method: Generate }", "none"],
    ["{ service: other.Service, method: GenerateContent }", "none"],
  ])("%s: %s", (value, kind) => {
    expect(decide("grpc", value, call)).toBe(kind);
  });

  it("takes no request of the same path that is no call", () => {
    expect(decide("grpc", "{ method: GenerateContent }", { ...call, headers: [] })).toBe("none");
    const web = { ...call, headers: [["content-type", "application/grpc-web+proto"]] as const };
    expect(decide("grpc", "true", web)).toBe("none");
  });

  it("is described", () => {
    expect(explain(ruleSet("grpc", '{ service: "a.*", method: [B, C] }'))).toContain(
      " with a gRPC call, service a.*, gRPC method B or C\n",
    );
  });
});

it("every regular expression of a match is told with its key, and nothing else is", () => {
  const regex = (text: string) => ({ kind: "regex", text }) as const;
  const match = {
    ...{ host: [regex("h+"), "api.test"], path: [regex("p+")], sni: [regex("s+")] },
    ...{ ja4: [regex("j+")], model: [regex("m+"), { kind: "glob", text: "m*" }] },
    headers: [
      { name: "x", value: regex("x+") },
      { name: "y", value: true },
    ],
    body: [
      { pointer: "/a", value: regex("b+") },
      { pointer: "/b", value: 1 },
    ],
    grpc: { service: [regex("g+")], method: [regex("c+")] },
  } as unknown as Parameters<typeof expressionsOf>[0];
  const found = expressionsOf(match, compileRegex);
  expect(found.map(({ key, text }) => `${key} ${text}`)).toEqual([
    ...["host h+", "path p+", "sni s+", "ja4 j+", "model m+", "headers x+", "body b+"],
    ...["grpc g+", "grpc c+"],
  ]);
  for (const { states } of found) expect(states).toBeGreaterThan(1);
  expect(expressionsOf({} as never, compileRegex)).toEqual([]);
});
