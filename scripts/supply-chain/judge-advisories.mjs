// Holds what the registry knows against what is accepted. Pure: tests give it both.

/**
 * @param report what `pnpm audit --json` wrote; `undefined` where it wrote no JSON
 * @param accepted `advisories` of accepted-advisories.json: id → { why, until }
 * @param today YYYY-MM-DD
 * @returns `{ status, lines }`: 0 nothing new, 1 an advisory that is not accepted (or not any more), 2 nothing is known
 */
export function judgeAdvisories(report, accepted, today) {
  const found = report?.advisories;
  if (typeof found !== "object" || found === null)
    return {
      status: 2,
      lines: ["the registry did not answer, or not as expected: nothing is known about advisories"],
    };
  const rows = Object.entries(found).map(([number, advisory]) => ({
    id: advisory.github_advisory_id ?? String(advisory.id ?? number),
    text: `${advisory.module_name} ${advisory.vulnerable_versions}: ${advisory.severity}: ${advisory.title} (${advisory.url})`,
  }));
  const lines = [];
  let isNew = false;
  for (const { id, text } of rows) {
    const known = accepted[id];
    if (known !== undefined && known.until >= today) {
      lines.push(`accepted until ${known.until}: ${id} ${text}: ${known.why}`);
      continue;
    }
    isNew = true;
    lines.push(
      known === undefined ? `NEW ${id} ${text}` : `no longer accepted since ${known.until}: ${id} ${text}`,
    );
  }
  for (const id of Object.keys(accepted))
    if (!rows.some((row) => row.id === id))
      lines.push(`${id} is accepted and was not found: take it off the list`);
  lines.push(`${rows.length} advisories, ${isNew ? "not all of them accepted" : "none that is new"}`);
  return { status: isNew ? 1 : 0, lines };
}
