// Which exported things have no words of documentation: the export itself, and every member that a user can name.
import { ts } from "./compiler.mjs";
import { isInternal } from "./entries.mjs";
import { exportsOf } from "./reports.mjs";

const isDocumented = (node) =>
  ts.getJSDocCommentsAndTags(node).some((each) => ts.isJSDoc(each) && (each.comment || each.tags?.length));

/** A tag that tells members of a union apart says all that it has to say. */
const isTag = (member) =>
  ts.isPropertySignature(member) && member.type !== undefined && ts.isLiteralTypeNode(member.type);

const isHidden = (member) =>
  (ts.isIdentifier(member.name ?? member) === false && member.name === undefined) ||
  ts.isPrivateIdentifier(member.name ?? member) ||
  (ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Private) !== 0;

/** The members that stand in a declaration itself, those of the parts of a union included. */
function* membersOf(node) {
  if (ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node) || ts.isTypeLiteralNode(node))
    yield* node.members;
  else if (ts.isTypeAliasDeclaration(node)) yield* membersOf(node.type);
  else if (ts.isUnionTypeNode(node) || ts.isIntersectionTypeNode(node))
    for (const part of node.types) yield* membersOf(part);
  else if (ts.isParenthesizedTypeNode(node) || ts.isTypeOperatorNode(node)) yield* membersOf(node.type);
  // Limits are objects of constants; the names in tables of wire values are the documents' own.
  else if (ts.isVariableDeclaration(node) && /[lL]imits$/.test(node.name.text) && node.type)
    yield* membersOf(node.type);
}

/** Whether a member of a class has its words in a type that the class implements or extends, from where editors take them. */
function isInherited(node, member, checker) {
  if (!ts.isClassDeclaration(node)) return false;
  const parents = (node.heritageClauses ?? []).flatMap(({ types }) => types);
  return parents.some((parent) => {
    const property = checker.getTypeAtLocation(parent).getProperty(member.name.getText());
    return (
      property?.declarations?.some((one) => isDocumented(one) || isInherited(one.parent, one, checker)) ??
      false
    );
  });
}

/** @returns the number of exported things of a package, and the names of those without documentation */
export function undocumentedOf({ folder, entries }, program) {
  const seen = new Map();
  for (const entry of entries.filter((each) => !isInternal(each)))
    for (const [name, symbol] of exportsOf(program, entry.types)) {
      const declarations = (symbol.declarations ?? []).filter(
        (node) =>
          node.getSourceFile().fileName.startsWith(`${folder}/`) &&
          !/\/gen\//.test(node.getSourceFile().fileName),
      );
      if (declarations.length === 0) continue;
      const statement = (node) => (ts.isVariableDeclaration(node) ? node.parent.parent : node);
      seen.set(name, (seen.get(name) ?? false) || declarations.some((node) => isDocumented(statement(node))));
      for (const node of declarations)
        for (const member of membersOf(node)) {
          if (isTag(member) || member.name === undefined || isHidden(member)) continue;
          const key = `${name}.${member.name.getText()}`;
          const has = isDocumented(member) || isInherited(node, member, program.getTypeChecker());
          seen.set(key, (seen.get(key) ?? false) || has);
        }
    }
  const undocumented = [...seen].filter(([, documented]) => !documented).map(([name]) => name);
  return { count: seen.size, undocumented };
}
