/** Every kind of fault: a table with one row for each, put together from the layers. */
import { type ConnectFault, connectRows } from "./connect-faults.ts";
import { type ConnectionFault, connectionRows } from "./connection-faults.ts";
import type { FaultRow, FaultRows } from "./fault-row.ts";
import { type GrpcFault, grpcRows } from "./grpc-faults.ts";
import { type HttpFault, httpRows } from "./http-faults.ts";
import { type Http2Fault, http2Rows } from "./http2-faults.ts";
import { type ModelFault, modelRows } from "./model-faults.ts";
import { type StreamFault, streamRows } from "./stream-faults.ts";
import { type TlsFault, tlsRows } from "./tls-faults.ts";
import { type WebSocketFault, webSocketRows } from "./websocket-faults.ts";

/** Everything that can be done to a connection; `kind` is `<layer>.<fault>`, the name in events and reports. */
export type Fault =
  | ConnectFault
  | ConnectionFault
  | TlsFault
  | HttpFault
  | StreamFault
  | ModelFault
  | WebSocketFault
  | GrpcFault
  | Http2Fault;

/** The name of a fault, `<layer>.<fault>`. */
export type FaultKind = Fault["kind"];

type CamelCase<Text extends string> = Text extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Text;

/** The key that stands for a kind in a rule file, below its layer: `errorEvent` for `stream.error-event`. */
export type FaultKey<Kind extends FaultKind> = Kind extends `${string}.${infer Name}`
  ? CamelCase<Name>
  : never;

/** The words of every kind, in the order of the documentation. The compiler asks for one that is missing. */
export const FAULTS: FaultRows<Fault> = {
  ...connectRows,
  ...connectionRows,
  ...tlsRows,
  ...httpRows,
  ...streamRows,
  ...modelRows,
  ...webSocketRows,
  ...grpcRows,
  ...http2Rows,
};

const rowOf = (fault: Fault): FaultRow<Fault> => FAULTS[fault.kind] as FaultRow<Fault>;

/** A fault in one line of words, for `faultwire check` and reports. */
export function describeFault(fault: Fault): string {
  return rowOf(fault).describe(fault);
}

/** A Markdown table of all faults with an example of each; the documentation's is made with it. */
export function faultTable(): string {
  return [
    "| fault | what the client sees |",
    "|---|---|",
    ...Object.values<Pick<FaultRow<Fault>, "example" | "doc">>(FAULTS).map(
      ({ example, doc }) => `| \`${example}\` | ${doc} |`,
    ),
    "",
  ].join("\n");
}
