/** All of them. */
import { composedCases } from "./composed-cases.ts";
import { connectionCases } from "./connection-cases.ts";
import type { FaultCase } from "./fault-case.ts";
import { formatCases } from "./format-cases.ts";
import { headerCases } from "./header-cases.ts";
import { httpCases } from "./http-cases.ts";
import { streamCases } from "./stream-cases.ts";
import { tlsCases } from "./tls-cases.ts";
import { webSocketCases } from "./websocket-cases.ts";

export const faultCases: readonly FaultCase[] = [
  ...connectionCases,
  ...tlsCases,
  ...httpCases,
  ...headerCases,
  ...streamCases,
  ...formatCases,
  ...composedCases,
  ...webSocketCases,
];
