import { GrpcError } from "../../src/index.ts";

/** The code and the words with which a call was refused; "taken" where it was not. */
export function refused(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof GrpcError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "taken";
}
