import { DefaultSetting, type Setting, SettingId } from "../frames/wire-tables.ts";
import type { Http2Limits } from "../http2-limits.ts";

/** What an end announces of its limits. */
export function settingsOfLimits(role: "client" | "server", limits: Http2Limits): Setting[] {
  const { maxStreams, streamWindowBytes, maxHeaderListBytes, maxFrameBytes } = limits;
  const settings: Setting[] =
    role === "client" ? [[SettingId.ENABLE_PUSH, 0]] : [[SettingId.MAX_CONCURRENT_STREAMS, maxStreams]];
  settings.push([SettingId.INITIAL_WINDOW_SIZE, streamWindowBytes]);
  if (maxFrameBytes !== DefaultSetting.MAX_FRAME_SIZE)
    settings.push([SettingId.MAX_FRAME_SIZE, maxFrameBytes]);
  settings.push([SettingId.MAX_HEADER_LIST_SIZE, maxHeaderListBytes]);
  return settings;
}

/** What we have announced of our streams, and what of it the peer has heard (RFC 9113 section 6.5.3). */
export class AnnouncedSettings {
  readonly #limits: Pick<Http2Limits, "maxStreams" | "maxUnacknowledgedSettings">;
  /** MAX_CONCURRENT_STREAMS of each SETTINGS frame that is not acknowledged; `undefined` where it says nothing of it. */
  readonly #open: (number | undefined)[] = [];
  #mostStreams: number;

  constructor(limits: Pick<Http2Limits, "maxStreams" | "maxUnacknowledgedSettings">) {
    this.#limits = limits;
    this.#mostStreams = limits.maxStreams;
  }

  /** Streams that the peer may have open; our own limit bounds it. */
  get mostStreams(): number {
    return this.#mostStreams;
  }

  /** SETTINGS were sent. @returns false where too many of them wait for their acknowledgement. */
  add(settings: readonly Setting[]): boolean {
    this.#open.push(settings.findLast(([id]) => id === SettingId.MAX_CONCURRENT_STREAMS)?.[1]);
    return this.#open.length <= this.#limits.maxUnacknowledgedSettings;
  }

  /** The oldest of them was acknowledged. */
  acknowledged(): void {
    const most = this.#open.shift();
    if (most !== undefined) this.#mostStreams = Math.min(most, this.#limits.maxStreams);
  }
}
