/** What a run did not see, and where it may have gone. */

import { plainText } from "../traffic/plain-text.ts";
import type { Tally } from "../traffic/tally.ts";
import { hintFor } from "./hints.ts";
import type { Refusal } from "./refusals.ts";
import type { WentRound } from "./went-round.ts";

/** Rows of one kind that are told; the rest is counted. */
const maxRows = 5;

/** What is known of a run's connections. */
export interface SeenAndUnseen {
  readonly tally: Tally;
  readonly refusals: readonly Refusal[];
  readonly targets: readonly string[];
  /** undefined where it can't be looked at here. */
  readonly wentRound: readonly WentRound[] | undefined;
  /** The host of an address, where it is known. */
  readonly names: ReadonlyMap<string, string>;
  /** Whether nothing came to the proxy for a target. */
  readonly isUnseen: boolean;
}

/** The line that tells at once that a connection goes past the proxy. */
export function roundLine(found: WentRound): string {
  return `goes round the proxy: ${found.program} (process ${found.pid}) to ${placeOf(found)}`;
}

/** Lines about connections that went past the proxy, clients that refused the CA, and, where nothing was seen, what was instead. */
export function sightingLines({
  tally,
  refusals,
  targets,
  wentRound,
  names,
  isUnseen,
}: SeenAndUnseen): string[] {
  const lines: string[] = [];
  const first = isUnseen ? [`no request to ${targets.join(", ")} came to the proxy`] : [];
  const round = groupsOf(wentRound ?? [], names);
  for (const { program, where, pids } of round.slice(0, maxRows))
    lines.push(`went round the proxy: ${program} (${pids}) to ${where}; ${hintFor(program)}`);
  if (round.length > maxRows) lines.push(`${round.length - maxRows} more went round the proxy`);
  for (const { client, host, message } of refusals.slice(0, maxRows))
    lines.push(
      message === undefined
        ? `began HTTPS to ${host} and sent nothing: ${client}; it may not trust the CA`
        : `did not trust the CA at ${host}: ${client} (${message}); it may pin certificates or bring its own list of roots`,
    );
  if (!isUnseen) return lines;
  const others = tally.passed
    .entries()
    .sort(([, a], [, b]) => b - a)
    .map(([host]) => plainText(host));
  const shown = others.slice(0, maxRows).join(", ") + (others.length > maxRows ? ", …" : "");
  if (others.length > 0)
    lines.push(`seen instead: ${shown}; if one of them is meant: --target-host ${others[0]}`);
  if (lines.length === 0 && wentRound === undefined)
    lines.push("whether connections went round the proxy can't be looked at on this system");
  if (lines.length === 0)
    lines.push(
      "the command sent none, or by connections too short to be seen; docs/run.md says what can be done",
    );
  return [...first, ...lines];
}

interface Group {
  readonly program: string;
  readonly where: string;
  readonly pids: string;
}

/** One row for each program and place. */
function groupsOf(found: readonly WentRound[], names: ReadonlyMap<string, string>): Group[] {
  const groups = new Map<
    string,
    { readonly program: string; readonly where: string; readonly pids: Set<number> }
  >();
  for (const one of found) {
    const { program, address, pid } = one;
    const name = names.get(address);
    const where = name === undefined ? placeOf(one) : `${name} (${placeOf(one)})`;
    const group = groups.get(`${program} ${where}`) ?? { program, where, pids: new Set() };
    groups.set(`${program} ${where}`, group);
    group.pids.add(pid);
  }
  return [...groups.values()].map(({ program, where, pids }) => ({
    program,
    where,
    pids: pids.size === 1 ? `process ${[...pids].join()}` : `${pids.size} processes`,
  }));
}

function placeOf({ address, port, protocol }: WentRound): string {
  const host = address.includes(":") ? `[${address}]` : address;
  return `${host}:${port}${protocol === "udp" ? " by QUIC" : ""}`;
}
