/** A peer's connection as a line, and what carries a session between two lines. */
export { type JoinedEvents, joinLines } from "./joined-lines.ts";
export { type Guard, type Line, type LineClock, type LineEars, silentEars } from "./line.ts";
export { LineCarrier, type LineCarrierOptions } from "./line-carrier.ts";
export { SecureLine, type SecureLineOptions } from "./secure-line.ts";
export { SecureLineError } from "./secure-line-error.ts";
export { SocketLine } from "./socket-line.ts";
export { WrappedLine } from "./wrapped-line.ts";
