import { type Replay, readRecordings, startReplay } from "@faultwire/recordings";

/** Answers from a folder at ten times the recorded speed; says what was asked for and never recorded. */
export async function replayFolder(folder: string, missing: (why: string) => void): Promise<Replay> {
  return startReplay({
    recordings: await readRecordings(folder),
    speed: 10,
    log: (request) => {
      if (request.missing !== undefined) missing(request.missing);
    },
  });
}
