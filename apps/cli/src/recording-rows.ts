/** What the banner says of recordings. */

import { writeCount } from "@faultwire/fault-engine/internal";
import type { ReadyInfo } from "./ready-file.ts";
import type { RecordingFlags } from "./recording-options.ts";
import type { Stack } from "./stack/open-stack.ts";
import type { RecordingSettings } from "./stack/recording.ts";

export function recordingRows(
  { record, replay, replayOrPass }: RecordingFlags,
  { replayed, mockedHosts }: Pick<Stack, "replayed" | "mockedHosts">,
): readonly (readonly [string, string])[] {
  const folder = replay ?? replayOrPass;
  const others = replayOrPass === undefined ? "" : "; what was never recorded goes on to the real API";
  const records = replayOrPass === undefined ? "targets' exchanges" : "what goes on to the real API";
  return [
    ...(record === undefined ? [] : [["records", `${records}, into ${record}`] as const]),
    ...(folder === undefined
      ? []
      : [
          [
            "replays",
            `${writeCount(replayed ?? 0, "recording")} of ${folder}; stands in for ${mockedHosts.join(", ")}${others}`,
          ] as const,
        ]),
  ];
}

/** What the ready file says of recordings. */
export function readyRecordings(
  { record, replay }: RecordingSettings,
  { replayed = 0 }: Pick<Stack, "replayed">,
): Pick<ReadyInfo, "record" | "replay"> {
  return {
    ...(record !== undefined && { record }),
    ...(replay && {
      replay: { folder: replay.folder, recordings: replayed, orPass: replay.unrecorded === "pass" },
    }),
  };
}
