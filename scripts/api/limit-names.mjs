// Limits have one style in every package: an object of constants, named `xLimits`.
import { ts } from "./compiler.mjs";
import { exportsOf } from "./reports.mjs";

const soundsLikeLimit = /[lL]imit|LIMIT|^(?:MAX|MIN)_|^(?:max|min)[A-Z]/;
const isRightName = /^[a-z]\w*Limits$/;

/** @returns the names of the constants that a package exports as limits, and that are not named or not made as limits are */
export function strangeLimits({ entries }, program) {
  const checker = program.getTypeChecker();
  const strange = new Set();
  for (const entry of entries)
    for (const [name, symbol] of exportsOf(program, entry.types)) {
      const declaration = symbol.valueDeclaration;
      if (!declaration || !ts.isVariableDeclaration(declaration) || !soundsLikeLimit.test(name)) continue;
      const isObject = checker.getTypeOfSymbolAtLocation(symbol, declaration).getProperties().length > 0;
      if (!isRightName.test(name) || !isObject) strange.add(name);
    }
  return [...strange];
}
