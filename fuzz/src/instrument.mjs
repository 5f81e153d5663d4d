// Puts counters into a module: one for each function, branch, loop and right-hand side that may not be reached. What an
// input reaches is known then, and how often, and a loop that does not end can be stopped by its number of steps.
import { parseAst } from "rolldown/parseAst";

/** The longest text of a source that is offered to inputs. */
const maxWordLength = 40;

/**
 * A module with counters.
 *
 * @param magic - What the counters are put into; its text is `code`.
 * @param code - TypeScript.
 * @param firstId - The number of its first counter.
 * @returns the number of the next module's first counter, and texts that stand in it.
 */
export function instrument(magic, code, fileName, firstId) {
  const places = [];
  const words = new Set();
  let id = firstId;
  const hit = () => `__hit(${id++})`;
  const insert = (at, text, order = 0) => places.push({ at, text, order });
  const statement = (node) => {
    if (!node) return;
    if (node.type === "BlockStatement") insert(node.start + 1, `${hit()};`);
    else {
      insert(node.start, `{${hit()};`, node.start - node.end);
      insert(node.end, "}", node.end - node.start);
    }
  };
  const expression = (node) => {
    insert(node.start, `(${hit()},`, node.start - node.end);
    insert(node.end, ")", node.end - node.start);
  };
  const visit = (node) => {
    switch (node.type) {
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "ArrowFunctionExpression":
        if (node.body?.type === "BlockStatement") statement(node.body);
        else if (node.body) expression(node.body);
        break;
      case "IfStatement":
        statement(node.consequent);
        statement(node.alternate);
        break;
      case "ForStatement":
      case "ForInStatement":
      case "ForOfStatement":
      case "WhileStatement":
      case "DoWhileStatement":
      case "CatchClause":
        statement(node.body);
        break;
      case "SwitchCase":
        if (node.consequent[0]) insert(node.consequent[0].start, `${hit()};`);
        break;
      case "ConditionalExpression":
        expression(node.consequent);
        expression(node.alternate);
        break;
      case "LogicalExpression":
        expression(node.right);
        break;
      case "Literal":
        if (typeof node.value === "string" && node.value.length > 1 && node.value.length <= maxWordLength)
          words.add(node.value);
        break;
      default:
    }
    for (const [key, child] of Object.entries(node)) {
      // Types stand for nothing that runs.
      if (
        key === "typeAnnotation" ||
        key === "returnType" ||
        key === "typeParameters" ||
        key === "typeArguments"
      )
        continue;
      if (Array.isArray(child)) {
        for (const each of child) if (each && typeof each.type === "string") visit(each);
      } else if (child && typeof child.type === "string") visit(child);
    }
  };
  visit(parseAst(code, { lang: "ts" }, fileName));
  // At one place, what closes comes first, the inner one before the outer; then what opens, the outer one first.
  const rank = ({ text, order }) => (text === ")" || text === "}" ? order - 1e9 : order);
  places.sort((a, b) => a.at - b.at || rank(a) - rank(b));
  const texts = new Map();
  for (const { at, text } of places) texts.set(at, (texts.get(at) ?? "") + text);
  for (const [at, text] of texts) magic.appendLeft(at, text);
  magic.prepend("const __hit=globalThis.faultwireCoverage.hit;");
  return { nextId: id, words: [...words] };
}
