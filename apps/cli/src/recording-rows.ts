/** What the banner says of recordings. */
import type { RecordingFlags } from "./recording-options.ts";
import type { Stack } from "./stack/open-stack.ts";
import { countText } from "./traffic/plain-text.ts";

export function recordingRows(
  { record, replay }: RecordingFlags,
  { replayed, mockedHosts }: Pick<Stack, "replayed" | "mockedHosts">,
): readonly (readonly [string, string])[] {
  return [
    ...(record === undefined ? [] : [["records", `targets' exchanges, into ${record}`] as const]),
    ...(replay === undefined
      ? []
      : [
          [
            "replays",
            `${countText(replayed ?? 0, "recording")} of ${replay}; stands in for ${mockedHosts.join(", ")}`,
          ] as const,
        ]),
  ];
}
