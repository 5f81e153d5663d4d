export type { FaultHostErrorCode } from "./host-error.ts";
export { FaultHostError } from "./host-error.ts";
export type {
  FaultHost,
  FaultHostEvent,
  FaultHostOptions,
  PluginStatus,
  ReverseMapping,
  TcpMapping,
} from "./options.ts";
export type { SendBuffer } from "./poll/send-buffer.ts";
export { startFaultHost } from "./start-fault-host.ts";
