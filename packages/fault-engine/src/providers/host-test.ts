import { compileGlob } from "../patterns/glob.ts";
import type { RequestTraits } from "./request-profile.ts";

/** A test whether a request goes to one of these hosts: globs, in lower case. */
export function hostTest(globs: readonly string[]): (request: RequestTraits) => boolean {
  const tests = globs.map((glob) => compileGlob(glob));
  return ({ host }) => host !== null && tests.some((test) => test(host));
}
