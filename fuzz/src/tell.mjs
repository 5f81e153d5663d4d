// The figures of a run, for people and as JSON.
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";

/** A table, and a line for each crash. */
export function tell(rows) {
  console.log("target           inputs   per s  counters (new)  corpus  slowest ms  growth kB  broken");
  for (const row of rows) {
    const fresh = row.atFirst === undefined ? "" : ` (+${row.counters - row.atFirst})`;
    console.log(
      [
        row.name.padEnd(14),
        String(row.inputs).padStart(8),
        row.perSecond.toFixed(0).padStart(7),
        `${row.counters}${fresh}`.padStart(15),
        String(row.corpus).padStart(7),
        (row.slowestMs?.toFixed(0) ?? "").padStart(11),
        (row.growthBytes === undefined ? "" : (row.growthBytes / 1000).toFixed(0)).padStart(10),
        String(row.crashes.length).padStart(7),
      ].join(" "),
    );
  }
  for (const { name, crashes } of rows)
    for (const { message, file } of crashes) console.log(`${name}: ${message}${file ? ` (${file})` : ""}`);
}

export function writeResults(file, rows, { minutes, seed }) {
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.versions.node };
  const round = (row) => ({
    ...row,
    perSecond: Math.round(row.perSecond),
    seconds: Math.round(row.seconds),
    slowestMs: Math.round(row.slowestMs ?? 0),
    crashes: row.crashes.map(({ message }) => message),
  });
  writeFileSync(
    file,
    `${JSON.stringify({ name: "fuzz", minutes, seed, machine, targets: rows.map(round) }, null, 2)}\n`,
  );
}
