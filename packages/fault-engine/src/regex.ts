/** What compiles the regular expressions of rule sets that are made by hand; `parseRuleFile` gives it by itself. */
export { compileRegex } from "./patterns/linear-regex.ts";
export type { RegexCompiler, RegexTest } from "./patterns/regex-test.ts";
