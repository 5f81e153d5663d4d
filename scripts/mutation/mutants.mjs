// Finds every change of a source file that a test ought to notice. Works on the text: a mutant is a range and the text
// that takes its place, so the rest of the file stays as it is.
import { parseSync, Visitor } from "rolldown/utils";

/** The five kinds, in the order in which samples take from them. */
export const kinds = ["comparison", "constant", "removed", "boolean", "return"];

const comparisons = { "<": "<=", "<=": "<", ">": ">=", ">=": ">", "===": "!==", "!==": "===" };
const connectives = { "&&": "||", "||": "&&" };

/** Whether an error is made here: its words are for people, and no behaviour that a caller matches. Its code is one. */
const isErrorMade = (node) =>
  (node.type === "NewExpression" || node.type === "CallExpression") &&
  node.callee.type === "Identifier" &&
  /(?:Error|Exception)$/i.test(node.callee.name);

/** Calls whose texts are the words of a command's help (commander's names). */
const helpCalls = new Set(["description", "option", "addHelpText", "optionsGroup", "summary", "argument"]);

/** Whether help is made here: but for the names of flags (`--port <port>`) its texts are words for people, too. */
const isHelpMade = ({ type, callee }) =>
  (type === "NewExpression" && callee.type === "Identifier" && callee.name === "Option") ||
  (type === "CallExpression" &&
    callee.type === "MemberExpression" &&
    callee.property.type === "Identifier" &&
    helpCalls.has(callee.property.name));

/** `return kind satisfies never`: the compiler knows that nobody comes here. */
const isForTheCompiler = (node) =>
  node?.type === "TSSatisfiesExpression" && node.typeAnnotation.type === "TSNeverKeyword";

/** What has no counterpart at run time, or is a name and no value. */
function isNoValue(node, parent) {
  if (/^(?:Import|Export)/.test(parent.type) || parent.type.startsWith("TS")) return true;
  if (parent.type === "ExpressionStatement" && parent.directive) return true;
  const isName = "key" in parent && parent.key === node && parent.value !== node;
  return isName && !parent.computed;
}

/**
 * Every mutant of a file, in the order of their places. `line` and `column` count from 1; `lineText` is the text of that
 * line as it stands, `becomes` the text after the change, both without the spaces around them.
 */
export function mutantsOf(file, text) {
  const { program, errors } = parseSync(file, text, { lang: "ts", sourceType: "module" });
  if (errors.length > 0) throw new Error(`${file} can't be parsed: ${errors[0].message}`);
  const parents = parentsOf(program);
  const found = [];
  const add = (kind, start, end, replacement) => found.push({ kind, start, end, replacement });
  const inError = (node) => {
    for (let one = node; one; one = parents.get(one)) if (isErrorMade(one)) return true;
    return false;
  };
  /** Words of a help: a function in a call is a parser of values, and no word of it. */
  const inHelp = (node, words) => {
    if (!/\s/.test(words) || words.startsWith("-")) return false;
    for (let one = node; one && !/Function/.test(one.type); one = parents.get(one))
      if (isHelpMade(one)) return true;
    return false;
  };
  const code = (node) => text.slice(node.start, node.end);
  /** Where an operator stands: between its operands there are only spaces and comments beside it. */
  const operatorAt = (node) => text.indexOf(node.operator, node.left.end);
  const literal = (node, parent) => {
    if (isNoValue(node, parent)) return;
    if (typeof node.value === "string" && node.value.includes(" ") && inError(node)) return;
    if (typeof node.value === "string" && inHelp(node, node.value)) return;
    if (typeof node.value === "boolean") add("boolean", node.start, node.end, String(!node.value));
    else if (typeof node.value === "number")
      add("constant", node.start, node.end, node.value === 0 ? "1" : `(${code(node)} + 1)`);
    else if (typeof node.value === "bigint") add("constant", node.start, node.end, `(${code(node)} + 1n)`);
    else if (typeof node.value === "string")
      add("constant", node.start, node.end, node.value === "" ? '"mutant"' : '""');
  };
  const seen = {
    Literal: literal,
    TemplateLiteral(node, parent) {
      const words = node.quasis.some((part) => /\w/.test(part.value.raw));
      const isHelp = inHelp(node, node.quasis.map((part) => part.value.raw).join(""));
      if (words && parent.type !== "TaggedTemplateExpression" && !inError(node) && !isHelp)
        add("constant", node.start, node.end, "``");
    },
    BinaryExpression(node) {
      const other = comparisons[node.operator];
      const at = operatorAt(node);
      if (other) add("comparison", at, at + node.operator.length, other);
    },
    LogicalExpression(node) {
      const other = connectives[node.operator];
      const at = operatorAt(node);
      if (other) add("boolean", at, at + 2, other);
    },
    UnaryExpression(node) {
      if (node.operator === "!") add("boolean", node.start, node.end, `!!${code(node.argument)}`);
    },
    ExpressionStatement(node) {
      const isSuper = node.expression.type === "CallExpression" && node.expression.callee.type === "Super";
      if (!node.directive && !isSuper && !isForTheCompiler(node.expression))
        add("removed", node.start, node.end, ";");
    },
    ThrowStatement: (node) => add("removed", node.start, node.end, ";"),
    ContinueStatement: (node) => add("removed", node.start, node.end, ";"),
    ReturnStatement(node) {
      // Of a statement that has no value, the statement itself is what can be lost.
      if (isForTheCompiler(node.argument)) return;
      if (!node.argument) add("removed", node.start, node.end, ";");
      else if (code(node.argument) !== "undefined")
        add("return", node.argument.start, node.argument.end, "undefined");
    },
    ArrowFunctionExpression(node) {
      if (node.body.type === "BlockStatement") return;
      const { start, end } = withParentheses(text, node.body);
      if (code(node.body) !== "undefined") add("return", start, end, "undefined");
    },
  };
  for (const [node, parent] of parents) if (parent) seen[node.type]?.(node, parent);
  const at = placesIn(text);
  return found
    .sort((a, b) => a.start - b.start || a.end - b.end || a.kind.localeCompare(b.kind))
    .map((mutant) => describe(mutant, file, text, at));
}

/** Whether the file with the change in it is still a program: `a ?? b && c` is none. */
export const isProgram = (mutant, text) =>
  parseSync(mutant.file, mutated(text, mutant), { lang: "ts", sourceType: "module" }).errors.length === 0;

/** Each node that exists at run time, with the node above it. */
function parentsOf(program) {
  const parents = new Map([[program, undefined]]);
  const above = [program];
  const visit = (node) => {
    if (!node || typeof node !== "object") return;
    if (Array.isArray(node)) {
      for (const one of node) visit(one);
      return;
    }
    if (typeof node.type === "string") {
      if (isTypeOnly(node)) return;
      if (node !== program) parents.set(node, above.at(-1));
      above.push(node);
    }
    for (const [key, value] of Object.entries(node))
      if (key !== "parent" && key !== "loc" && value && typeof value === "object") visit(value);
    if (typeof node.type === "string") above.pop();
  };
  visit(program);
  return parents;
}

/** Types are erased; `as`, `satisfies`, `!` and parameters that are properties hold code. */
const isTypeOnly = (node) =>
  node.declare === true ||
  (node.type.startsWith("TS") &&
    !["TSAsExpression", "TSSatisfiesExpression", "TSNonNullExpression", "TSParameterProperty"].includes(
      node.type,
    ));

/** An expression with the parentheses around it, which its own range leaves out: `=> ({ … })`. */
function withParentheses(text, node) {
  let { start, end } = node;
  for (;;) {
    const before = text.slice(0, start).match(/\(\s*$/);
    const after = text.slice(end).match(/^\s*\)/);
    // A parenthesis that was opened before the arrow belongs to the call around the function.
    if (!before || !after || !/\(\s*$/.test(text.slice(0, start).split("=>").at(-1))) return { start, end };
    start -= before[0].length;
    end += after[0].length;
  }
}

function placesIn(text) {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    for (let high = starts.length; low + 1 < high; ) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - starts[low] + 1, lineStart: starts[low] };
  };
}

function describe(mutant, file, text, at) {
  const { line, column, lineStart } = at(mutant.start);
  const after = text.indexOf("\n", mutant.end);
  const lineEnd = after < 0 ? text.length : after;
  const head = text.slice(lineStart, mutant.start);
  const becomes = `${head}${mutant.replacement}${text.slice(mutant.end, lineEnd)}`.trim();
  const whole = text.slice(lineStart, lineEnd);
  const lineText = whole.split("\n")[0].trim();
  return { ...mutant, file, line, column, id: `${file}:${line}:${column}:${mutant.kind}`, lineText, becomes };
}

/** The file with the change in it. */
export const mutated = (text, { start, end, replacement }) =>
  `${text.slice(0, start)}${replacement}${text.slice(end)}`;

/** Where the nearest function around a place begins to run: a block's start, or an expression as a body. */
export function bodiesOf(file, text) {
  const { program } = parseSync(file, text, { lang: "ts", sourceType: "module" });
  const bodies = [];
  const block = ({ body }) => {
    if (!body) return;
    if (body.type === "BlockStatement") bodies.push({ start: body.start, end: body.end, block: true });
    else bodies.push({ ...withParentheses(text, body), block: false });
  };
  new Visitor({
    FunctionDeclaration: block,
    FunctionExpression: block,
    ArrowFunctionExpression: block,
  }).visit(program);
  return bodies;
}
