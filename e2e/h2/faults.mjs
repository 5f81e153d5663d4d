// What each kind of client is asked for, the rules behind that, and what may come of it.
import { eventCount, plainText } from "./origin.mjs";

/** The rules of the proxy: a fault for each path but `/plain`. */
const faults = [
  ["/overload", "{ http: { preset: anthropic/overloaded_error } }"],
  ["/cut", "{ stream: { cut: { afterEvents: 3, stop: fin } } }"],
  ["/reset", "{ connection: { reset: { at: { bytes: 40 } } } }"],
  ["/echo.Echo/Overload", "{ http: { preset: anthropic/overloaded_error } }"],
  ["/echo.Echo/Cut", "{ http: { truncate: { afterBytes: 40 } } }"],
  ["/echo.Echo/Reset", "{ connection: { reset: { at: { bytes: 40 } } } }"],
  ["/ws/overload", "{ http: { preset: anthropic/overloaded_error } }"],
  ["/ws/cut", "{ websocket: { close: { code: 1013, afterMessages: 2 } } }"],
  ["/ws/reset", "{ websocket: { cut: { afterMessages: 2, stop: reset } } }"],
];

export const rules = `[${faults
  .map(([path, fault], at) => `{ name: r${at}, match: { path: ${path} }, fault: ${fault} }`)
  .join(", ")}]`;

/** The columns of the table. */
export const columns = ["no fault", "529", "a stream that is cut", "a reset"];

const grpcBytes = Array.from({ length: eventCount }, (_none, at) => `message ${at}`.length).reduce(
  (a, b) => a + b,
);

/** What each kind is asked for, in the order of the columns, and what must not be otherwise: words where it is. */
export const kinds = {
  http: {
    paths: ["/plain", "/overload", "/cut", "/reset"],
    wrong: (plain, overload, cut, reset) => [
      plain.status === 200 && plain.bytes === plainText.length && plain.error === ""
        ? ""
        : "not whole without a fault",
      overload.status === 529 ? "" : "no 529",
      cut.error === "" ? "a cut stream was taken for whole" : "",
      reset.error === "" ? "a reset was taken for an answer" : "",
    ],
  },
  load: {
    paths: ["/plain", "/overload", "/cut"],
    wrong: (plain, overload, cut) => [
      plain.status === 200 && plain.error === "" ? "" : "not whole without a fault",
      overload.status === 529 ? "" : "no 529",
      cut.error === "" ? "cut streams were taken for whole" : "",
    ],
  },
  grpc: {
    paths: ["/echo.Echo/Plain", "/echo.Echo/Overload", "/echo.Echo/Cut", "/echo.Echo/Reset"],
    wrong: (plain, ...faulted) => [
      plain.error === "OK" && plain.bytes === grpcBytes ? "" : "not whole without a fault",
      ...faulted.map(({ error }) => (error === "OK" ? "a fault was taken for a whole call" : "")),
    ],
  },
  websocket: {
    paths: ["/ws/plain", "/ws/overload", "/ws/cut", "/ws/reset"],
    wrong: (plain, overload, cut, reset) => [
      plain.error === "closed 1000" && plain.bytes === 45 ? "" : "not whole without a fault",
      overload.error.includes("529") ? "" : "no 529",
      cut.error.includes("1013") ? "" : "no 1013",
      reset.error.includes("1000") ? "a reset was taken for an end" : "",
    ],
  },
};
