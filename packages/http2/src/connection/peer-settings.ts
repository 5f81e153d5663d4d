import { DefaultSetting, ErrorCode, MAX_WINDOW, type Setting, SettingId } from "../frames/wire-tables.ts";

/** What a peer has said about itself. */
export class PeerSettings {
  headerTableSize: number = DefaultSetting.HEADER_TABLE_SIZE;
  enablePush = true;
  /** Unlimited until it says otherwise. */
  maxConcurrentStreams: number = Number.POSITIVE_INFINITY;
  initialWindowSize: number = DefaultSetting.INITIAL_WINDOW_SIZE;
  maxFrameSize: number = DefaultSetting.MAX_FRAME_SIZE;
  maxHeaderListSize: number = Number.POSITIVE_INFINITY;

  /** Takes one setting. @returns the error code and words where its value is not allowed. */
  apply([id, value]: Setting): { readonly code: number; readonly reason: string } | undefined {
    switch (id) {
      case SettingId.HEADER_TABLE_SIZE:
        this.headerTableSize = value;
        return undefined;
      case SettingId.ENABLE_PUSH:
        if (value > 1) return bad("ENABLE_PUSH", value, "0 or 1");
        this.enablePush = value === 1;
        return undefined;
      case SettingId.MAX_CONCURRENT_STREAMS:
        this.maxConcurrentStreams = value;
        return undefined;
      case SettingId.INITIAL_WINDOW_SIZE:
        if (value > MAX_WINDOW)
          return {
            ...bad("INITIAL_WINDOW_SIZE", value, `${MAX_WINDOW} at the most`),
            code: ErrorCode.FLOW_CONTROL_ERROR,
          };
        this.initialWindowSize = value;
        return undefined;
      case SettingId.MAX_FRAME_SIZE:
        if (value < DefaultSetting.MAX_FRAME_SIZE || value > 0xff_ffff)
          return bad("MAX_FRAME_SIZE", value, "16384 to 16777215");
        this.maxFrameSize = value;
        return undefined;
      case SettingId.MAX_HEADER_LIST_SIZE:
        this.maxHeaderListSize = value;
        return undefined;
      default:
        return undefined;
    }
  }
}

function bad(
  name: string,
  value: number,
  expected: string,
): { readonly code: number; readonly reason: string } {
  return { code: ErrorCode.PROTOCOL_ERROR, reason: `SETTINGS ${name} is ${value}; ${expected} expected` };
}
