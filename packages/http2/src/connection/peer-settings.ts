import { DefaultSetting, ErrorCode, MAX_WINDOW, type Setting, SettingId } from "../frames/wire-tables.ts";

/** What a peer has said about itself. */
export class PeerSettings {
  /** SETTINGS_HEADER_TABLE_SIZE: bytes of the table that our encoder may use. 4 096 until the peer says so. */
  headerTableSize: number = DefaultSetting.HEADER_TABLE_SIZE;
  /** SETTINGS_ENABLE_PUSH. True until the peer says so. */
  enablePush = true;
  /** Unlimited until it says otherwise. */
  maxConcurrentStreams: number = Number.POSITIVE_INFINITY;
  /** SETTINGS_INITIAL_WINDOW_SIZE: bytes of a new stream that we may send. 65 535 until the peer says so. */
  initialWindowSize: number = DefaultSetting.INITIAL_WINDOW_SIZE;
  /** SETTINGS_MAX_FRAME_SIZE: bytes of a frame's payload. 16 384 until the peer says so. */
  maxFrameSize: number = DefaultSetting.MAX_FRAME_SIZE;
  /** SETTINGS_MAX_HEADER_LIST_SIZE: bytes of a header section when it is decoded. No limit until the peer says so. */
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
