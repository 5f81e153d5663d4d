import { compileGlob, maskKeys, openYaml, type ValuePath, writePath } from "@faultwire/fault-engine/internal";
import { compileRegex } from "@faultwire/fault-engine/regex";
import { isObject, type JsonObject } from "../json.ts";
import { LlmMockError } from "../llm-mock-error.ts";
import { type Pace, STOPS, type Stop } from "../model/speech.ts";
import {
  type Script,
  type ScriptCall,
  type ScriptCondition,
  type ScriptTurn,
  scriptLimits,
} from "./script.ts";

/** A value that is not what it should be, with the way to it. */
class Refused extends Error {
  readonly path: ValuePath;
  readonly key: string | undefined;

  constructor(path: ValuePath, expected: string, key?: string) {
    super(expected);
    this.path = path;
    this.key = key;
  }
}

/**
 * Reads a script, YAML or JSON. It is taken as a whole or not at all; unknown keys are refused by name.
 *
 * @param fileName - Stands in messages only.
 * @throws LlmMockError `invalid-script`: the file, line and column, what was found there, and what was expected.
 *
 * @example
 * ```ts
 * const script = parseScript("turns:\n  - when: hello\n    say: Good morning.\n", "script.yaml");
 * ```
 */
export function parseScript(text: string, fileName: string): Script {
  const refuse = (line: number, column: number, message: string): LlmMockError =>
    new LlmMockError("invalid-script", maskKeys(`${fileName}:${line}:${column}: ${message}`));
  const { maxBytes, maxAliases } = scriptLimits;
  if (Buffer.byteLength(text) > maxBytes) throw refuse(1, 1, `a script has at most ${maxBytes} bytes`);
  const opened = openYaml(text, maxAliases);
  if (opened.kind === "problems") {
    const { line, column, message } = opened.problems[0]!;
    throw refuse(line, column, message);
  }
  try {
    return readScript(opened.data);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { line, column } = opened.place(error.path, error.key);
    const where = writePath(error.path);
    throw refuse(line, column, `${where === "" ? "" : `${where}: `}${error.message}`);
  }
}

function readScript(data: unknown): Script {
  const fields = fieldsOf(data, [], ["turns", "otherwise"], "a map with `turns`");
  const { turns, otherwise = "echo" } = fields;
  if (!Array.isArray(turns) || turns.length === 0)
    throw new Refused(["turns"], `expected a list of turns, found ${found(turns)}`);
  if (turns.length > scriptLimits.maxTurns)
    throw new Refused(
      ["turns"],
      `a script has at most ${scriptLimits.maxTurns} turns, found ${turns.length}`,
    );
  if (otherwise !== "echo" && otherwise !== "refuse")
    throw new Refused(["otherwise"], `expected echo or refuse, found ${found(otherwise)}`);
  return { turns: turns.map((turn, index) => readTurn(turn, ["turns", index])), otherwise };
}

const turnKeys = ["when", "think", "say", "call", "tokens", "pace", "stop"];

function readTurn(value: unknown, path: ValuePath): ScriptTurn {
  const turn = fieldsOf(value, path, turnKeys, "a turn: a map with `say`, `call` or `stop`");
  if (turn["say"] === undefined && turn["call"] === undefined && turn["stop"] === undefined)
    throw new Refused(path, "this turn does nothing: give it `say`, `call` or `stop`");
  const calls = turn["call"] === undefined ? [] : turn["call"];
  const call = Array.isArray(calls)
    ? calls.map((one, index) => readCall(one, [...path, "call", index]))
    : [readCall(calls, [...path, "call"])];
  return {
    when: readCondition(turn["when"], [...path, "when"]),
    ...optional("think", text(turn["think"], [...path, "think"])),
    ...optional("say", text(turn["say"], [...path, "say"])),
    call,
    ...optional("tokens", readTokens(turn["tokens"], [...path, "tokens"])),
    ...optional("pace", readPace(turn["pace"], [...path, "pace"])),
    ...optional("stop", readStop(turn["stop"], [...path, "stop"])),
  };
}

function readCondition(value: unknown, path: ValuePath): ScriptCondition {
  if (value === undefined) return {};
  if (typeof value === "string") return { message: messageTest(value, path) };
  const keys = ["message", "afterTool", "turn", "model"];
  const fields = fieldsOf(value, path, keys, `a text, or a map with some of ${keys.join(", ")}`);
  const message = text(fields["message"], [...path, "message"]);
  const model = name(fields["model"], [...path, "model"], "a model: a glob such as claude-*");
  return {
    ...(message !== undefined && { message: messageTest(message, [...path, "message"]) }),
    ...optional("afterTool", name(fields["afterTool"], [...path, "afterTool"], "a tool by its name")),
    ...optional("turn", number(fields["turn"], [...path, "turn"], { whole: true, least: 1 })),
    ...(model !== undefined && { model: compileGlob(model) }),
  };
}

/** `/…/` is a regular expression; any other text has to be in the message, whatever its case. */
function messageTest(pattern: string, path: ValuePath): (text: string) => boolean {
  if (pattern === "" || pattern === "//")
    throw new Refused(
      path,
      `${JSON.stringify(pattern)} is in every message; leave it out for a turn that fits every message`,
    );
  if (/^\/.*[^/]$/s.test(pattern))
    throw new Refused(
      path,
      `${JSON.stringify(pattern)} begins as a regular expression and has no slash at its end, where flags are not taken either; a text that begins with a slash is written /[/]…/`,
    );
  if (pattern.length < 3 || !pattern.startsWith("/") || !pattern.endsWith("/")) {
    const wanted = pattern.toLowerCase();
    return (message) => message.toLowerCase().includes(wanted);
  }
  try {
    const test = compileRegex(pattern.slice(1, -1));
    return (message) => test(message);
  } catch (error) {
    throw new Refused(path, error instanceof Error ? error.message : String(error));
  }
}

function readCall(value: unknown, path: ValuePath): ScriptCall {
  const fields = fieldsOf(value, path, ["tool", "arguments", "result"], "a call: a map with `tool`");
  const tool = name(fields["tool"], [...path, "tool"], "a tool by its name");
  if (tool === undefined) throw new Refused(path, "a call needs `tool`: the name of the tool that it calls");
  const { arguments: input = {}, result } = fields;
  if (!isObject(input))
    throw new Refused([...path, "arguments"], `expected a map of arguments, found ${found(input)}`);
  return { tool, arguments: input, ...optional("result", result) };
}

function readTokens(value: unknown, path: ValuePath): ScriptTurn["tokens"] {
  if (value === undefined) return undefined;
  const fields = fieldsOf(value, path, ["input", "output"], "a map with `input` or `output`");
  const count = (key: string): number | undefined =>
    number(fields[key], [...path, key], { whole: true, least: 0 });
  return { ...optional("input", count("input")), ...optional("output", count("output")) };
}

function readPace(value: unknown, path: ValuePath): Pace | undefined {
  if (value === undefined) return undefined;
  const keys = ["tokensPerSecond", "firstTokenMs"];
  const fields = fieldsOf(value, path, keys, "a map with `tokensPerSecond` or `firstTokenMs`");
  return {
    ...optional(
      "tokensPerSecond",
      number(fields["tokensPerSecond"], [...path, "tokensPerSecond"], { whole: false, least: 0.001 }),
    ),
    ...optional(
      "firstTokenMs",
      number(fields["firstTokenMs"], [...path, "firstTokenMs"], { whole: false, least: 0 }),
    ),
  };
}

function readStop(value: unknown, path: ValuePath): Stop | undefined {
  const stop = STOPS.find((name) => name === value);
  if (value !== undefined && stop === undefined)
    throw new Refused(path, `expected one of ${STOPS.join(", ")}, found ${found(value)}`);
  return stop;
}

function fieldsOf(value: unknown, path: ValuePath, keys: readonly string[], expected: string): JsonObject {
  if (!isObject(value)) throw new Refused(path, `expected ${expected}, found ${found(value)}`);
  const unknown = Object.keys(value).find((key) => !keys.includes(key));
  if (unknown !== undefined)
    throw new Refused(path, `there is no ${JSON.stringify(unknown)}; expected ${keys.join(", ")}`, unknown);
  return value;
}

function text(value: unknown, path: ValuePath): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  throw new Refused(path, `expected a text, found ${found(value)}`);
}

/** A text that names something: not an empty one, and no regular expression. A model may have the name of a path: `/models/llama`. */
function name(value: unknown, path: ValuePath, expected: string): string | undefined {
  const given = text(value, path);
  if (given === "" || (given !== undefined && /^\/.*\/g?i?m?$/s.test(given)))
    throw new Refused(
      path,
      `expected ${expected}, found ${found(given)}${given === "" ? "" : ", which is no regular expression here"}`,
    );
  return given;
}

function number(
  value: unknown,
  path: ValuePath,
  { whole, least }: { readonly whole: boolean; readonly least: number },
): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "number" && value >= least && value <= 1e9 && (!whole || Number.isInteger(value)))
    return value;
  throw new Refused(
    path,
    `expected a ${whole ? "whole " : ""}number from ${least} to 1e9, found ${found(value)}`,
  );
}

const optional = <K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } =>
  (value === undefined ? {} : { [key]: value }) as { readonly [key in K]?: V };

function found(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isObject(value)) return "a map";
  return JSON.stringify(value).slice(0, 60);
}
