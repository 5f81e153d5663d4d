/** A folder of reports: the event log while an app runs, and the reports at its end. */
import { join } from "node:path";
import { makeFolder } from "@faultwire/cert-authority/internal";
import type { EngineEvent, Expectation, Judgement, JudgeOptions, RunFacts } from "@faultwire/fault-engine";
import type { Logger } from "pino";
import { RuntimeError, systemReason } from "../runtime-error.ts";
import { EventLog } from "./event-log.ts";

/** A folder that a run is reported in. */
export class ReportFolder {
  readonly #folder: string;
  readonly #log: EventLog;

  private constructor(folder: string, log: EventLog) {
    this.#folder = folder;
    this.#log = log;
  }

  /** Makes the folder, and the event log in it anew. @throws RuntimeError `report-unwritable` */
  static async open(folder: string, logger: Logger): Promise<ReportFolder> {
    const tell = (message: string): void => logger.error({ event: "event-log", folder }, message);
    try {
      await makeFolder(folder);
      return new ReportFolder(folder, await EventLog.create(join(folder, eventsFile), tell));
    } catch (cause) {
      const message = `reports can't be written to ${folder} (${systemReason(cause)})`;
      throw new RuntimeError("report-unwritable", message, { cause });
    }
  }

  /** Takes an event. */
  record(event: EngineEvent): void {
    this.#log.record(event);
  }

  /** Ends the log, holds it against what is expected, and writes the reports. @throws RuntimeError `report-unwritable` */
  async finish(
    title: string,
    expectations: readonly Expectation[],
    options: JudgeOptions = {},
    run: RunFacts = {},
  ): Promise<Judgement> {
    await this.#log.close();
    const { judgeLog, writeReports } = await import("./write-reports.ts");
    const judgement = await judgeLog(join(this.#folder, eventsFile), expectations, options);
    await writeReports(this.#folder, { title, judgement, run });
    return judgement;
  }
}

const eventsFile = "events.ndjson";
