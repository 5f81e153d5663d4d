/** The flags of every command with a proxy of ours that keep what upstreams say, and answer from what was kept. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { RecordingSettings } from "./stack/recording.ts";
import { UsageError } from "./usage-error.ts";

/** The flags as commander gives them. */
export interface RecordingFlags {
  readonly record?: string;
  readonly replay?: string;
  readonly replayOrPass?: string;
  readonly replaySpeed?: number;
}

/** Reads `2`, `0.5` or `max`. @returns a number above 0 */
export function speedFlag(text: string): number {
  const speed = text === "max" ? Number.POSITIVE_INFINITY : Number(text);
  if (text.trim() === "" || !(speed > 0))
    throw new InvalidArgumentError("Expected a number above 0, such as 10 or 0.5, or max.");
  return speed;
}

/** Adds the flags to a command. */
export function addRecordingOptions(command: Command): Command {
  return command
    .optionsGroup("Recordings:")
    .option(
      "--record <folder>",
      "keep what targets are asked and what they answer, byte for byte, with keys masked",
    )
    .option("--replay <folder>", "answer for the targets from recordings, in place of the real APIs")
    .option(
      "--replay-or-pass <folder>",
      "the same, but what was never recorded goes on to the real API; with --record it is added to that folder",
    )
    .addOption(
      new Option(
        "--replay-speed <times>",
        "how many times as fast as recorded: 1 keeps every pause, max none (default: 1)",
      ).argParser(speedFlag),
    );
}

/** What the flags say. @throws UsageError for a speed of nothing */
export function recordingSettings(flags: RecordingFlags): RecordingSettings {
  const { record, replayOrPass, replaySpeed } = flags;
  const folder = flags.replay ?? replayOrPass;
  if (replaySpeed !== undefined && folder === undefined)
    throw new UsageError(
      "--replay-speed says how fast a replay is; name its folder by --replay or --replay-or-pass",
    );
  return {
    ...(record !== undefined && { record }),
    ...(folder !== undefined && {
      replay: { folder, speed: replaySpeed ?? 1, unrecorded: replayOrPass === undefined ? "refuse" : "pass" },
    }),
  };
}
