/** What came to a client, by what it should do about it. */
export type Group = "asksToWait" | "passes" | "refuses" | "mayBeDone" | "cut" | "stalls";

/** A failure as checks name it. */
export interface Subject {
  readonly group: Group;
  readonly subject: string;
}
