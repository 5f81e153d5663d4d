/** What faults of HTTP/2 put on the wire: frames and header sections that RFC 9113 does not allow, and SETTINGS. */
import type { AnnouncedSettings, BrokenFrame, BrokenHeaders, GoawayLast } from "@faultwire/fault-engine";
import type { Header } from "@faultwire/http1";
import { FrameType, type HeaderSection, type Setting, SettingId, writeFrame } from "@faultwire/http2";

/** The largest frame that is made to be too large. A client that takes more, as some of gRPC do, is not asked for that memory. */
export const maxOversizedBytes = 4_194_305;

/** What a broken frame is made for. */
export interface FramePlace {
  /** The stream of the request. */
  readonly streamId: number;
  /** The highest stream that the client has opened. */
  readonly lastStreamId: number;
  /** The client's SETTINGS_MAX_FRAME_SIZE. */
  readonly maxFrameBytes: number;
}

/** The highest stream that there can be (RFC 9113 section 5.1.1). */
const highestStreamId = 0x7fff_ffff;

/** A stream that no client has come to: it opens them in order, a hundred at a time. */
const idleStreamsAhead = 2000;

/** The frame; or why there is none. */
export function brokenFrame(how: BrokenFrame, place: FramePlace): Uint8Array | string {
  const { streamId, lastStreamId, maxFrameBytes } = place;
  switch (how) {
    case "bad-length":
      return writeFrame({ type: FrameType.PING, payload: new Uint8Array(7) });
    case "wrong-stream":
      return writeFrame({ type: FrameType.DATA, payload: filler });
    case "idle-stream":
      return writeFrame({
        type: FrameType.DATA,
        streamId: Math.min(lastStreamId + idleStreamsAhead, highestStreamId),
        payload: filler,
      });
    case "closed-stream":
      return writeFrame({ type: FrameType.DATA, streamId, payload: filler });
    case "oversized":
      if (maxFrameBytes >= maxOversizedBytes)
        return `the client takes frames of ${maxFrameBytes} bytes; ${maxOversizedBytes} is the largest that is made`;
      return writeFrame({ type: FrameType.DATA, streamId, payload: new Uint8Array(maxFrameBytes + 1) });
    default:
      return how satisfies never;
  }
}

const filler = new TextEncoder().encode("{}");

/** A response's section with that fault. */
export function brokenSection(how: BrokenHeaders, { fields, neverIndexed }: HeaderSection): HeaderSection {
  switch (how) {
    case "uppercase": {
      const at = fields.findIndex(([name]) => !name.startsWith(":"));
      if (at < 0) return { fields: [...fields, ["X-Faultwire", "uppercase"]], neverIndexed };
      return {
        fields: fields.map((field, index): Header => (index === at ? [titled(field[0]), field[1]] : field)),
        neverIndexed,
      };
    }
    case "connection-specific":
      return { fields: [...fields, ["connection", "keep-alive"]], neverIndexed };
    case "missing-status":
      return { fields: fields.filter(([name]) => name !== ":status"), neverIndexed };
    default:
      return how satisfies never;
  }
}

/** As HTTP/1.1 is often written: `Content-Type`. */
const titled = (name: string): string =>
  name.replaceAll(/(?<![a-z])[a-z]/g, (letter) => letter.toUpperCase());

/** Settings as they stand on the wire. */
export function settingsOf(settings: AnnouncedSettings): Setting[] {
  const { maxConcurrentStreams, initialWindowSize, maxFrameSize, maxHeaderListSize } = settings;
  const all = [
    [SettingId.MAX_CONCURRENT_STREAMS, maxConcurrentStreams],
    [SettingId.INITIAL_WINDOW_SIZE, initialWindowSize],
    [SettingId.MAX_FRAME_SIZE, maxFrameSize],
    [SettingId.MAX_HEADER_LIST_SIZE, maxHeaderListSize],
  ] as const;
  return all.flatMap(([id, value]): Setting[] => (value === null ? [] : [[id, value]]));
}

/** The last stream that a GOAWAY names. */
export function lastStreamOf(last: GoawayLast, streamId: number): number {
  switch (last) {
    case "all":
      return highestStreamId;
    case "this":
      return streamId;
    case "below":
      return Math.max(0, streamId - 2);
    case "none":
      return 0;
    default:
      return last satisfies never;
  }
}
