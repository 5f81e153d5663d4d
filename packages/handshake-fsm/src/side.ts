/** Who sent something: the one that opened the connection, or the one that it opened it to. */
export type Side = "client" | "server";

/** Both sides. */
export const SIDES: readonly Side[] = ["client", "server"];
