/** The flags that say what fails: what they take, and what no answer could carry. */
import { RuntimeError } from "@faultwire/runtime";
import { ruleSources } from "@faultwire/runtime/internal";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { addRuleOptions, type RuleFlags, singleRuleOf } from "../../src/rule-options.ts";

function flagsOf(...args: readonly string[]): RuleFlags {
  const command = addRuleOptions(new Command())
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  return command.parse(args, { from: "user" }).opts();
}

describe("--headers", () => {
  it("makes a field each, of one name or of several, of a text or of JSON", () => {
    expect(
      flagsOf("--headers", "Set-Cookie: a=1", "--headers", '{"set-cookie": ["b=2", "c=3"], "x-n": 1}')
        .headers,
    ).toEqual([
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
      ["set-cookie", "c=3"],
      ["x-n", "1"],
    ]);
  });

  it.each([
    '{"x": null}',
    '{"x": {"a": 1}}',
    '{"x": [null]}',
    "connection: close",
    "Transfer-Encoding: chunked",
    '{"content-length": 5}',
    "x: a\nb",
    "a b: c",
  ])("refuses %j", (header) => {
    expect(() => flagsOf("--headers", header)).toThrow(/argument/);
  });
});

describe("--status-code", () => {
  it("of an answer without content takes no body", () => {
    const sourcesOf = (...args: readonly string[]) =>
      ruleSources(singleRuleOf(flagsOf(...args)), undefined, 1);
    expect(() => sourcesOf("--status-code", "204", "--error-body", "x")).toThrow(RuntimeError);
    const { flags } = sourcesOf("--status-code", "304");
    expect(flags?.rules[0]?.faults).toMatchObject([{ answer: { preset: null, status: 304, body: null } }]);
  });

  it.each(["100", "199", "600", "204.5"])("refuses %s", (status) => {
    expect(() => flagsOf("--status-code", status)).toThrow(/argument/);
  });
});
