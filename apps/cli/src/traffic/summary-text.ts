/** The summary of a run, for people: who came, what failed, what was not read, and whom rules never met. */

import { writeCount } from "@faultwire/fault-engine/internal";
import { plainText, shortened } from "./plain-text.ts";
import type { Recent } from "./recent.ts";
import type { Tally } from "./tally.ts";

/** Names that are listed of one kind. */
const maxListed = 10;
/** Characters of a name. */
const maxName = 90;

/** What a summary is made from. */
export interface SummaryInput {
  readonly tally: Tally;
  /** How often each rule in force was met and has struck, from the engine. */
  readonly counts: readonly { readonly rule: string; readonly matches: number; readonly hits: number }[];
  /** Hosts that may fail. */
  readonly targets: readonly string[];
}

/** The summary, line end included. */
export function summaryText({ tally, counts, targets }: SummaryInput): string {
  const { requests, clients, unread, passed, closed, untrusted } = tally;
  const lines = [`${writeCount(requests, "request")} to ${targets.join(", ")}`];
  const row = (name: string, texts: readonly string[]): void => {
    for (const [at, text] of texts.entries()) lines.push(`  ${(at === 0 ? name : "").padEnd(13)}${text}`);
  };
  row(
    "clients",
    listed(clients, (name, count) => `${name}  ${writeCount(count, "request")}`),
  );
  row("faults", faultLines(tally, counts));
  row(
    "not read",
    listed(unread, (name, count) => `${name} (${count})`),
  );
  row(
    "left closed",
    listed(closed, (name, count) => `${name} (${writeCount(count, "connection")}); the log says why`),
  );
  row(
    "no trust",
    listed(
      untrusted,
      (name, count) => `${name} (${writeCount(count, "connection")}): a client does not trust the CA`,
    ),
  );
  row(
    "other hosts",
    listed(passed, (name, count) => `${name} (${writeCount(count, "connection")})`),
  );
  const note = whereTo(tally, counts, targets);
  if (note.length > 0) lines.push("", ...note);
  return `${lines.join("\n")}\n`;
}

function faultLines({ rules }: Tally, counts: SummaryInput["counts"]): string[] {
  const struck = rules.entries().map(([name, { done, instead, undone }]) => {
    const parts = [`${done} done`];
    for (const [words, count] of instead.entries())
      parts.push(`${count} of them otherwise: ${plainText(words)}`);
    for (const [reason, count] of undone.entries()) parts.push(`${count} not done: ${plainText(reason)}`);
    return [name, parts.join("; ")] as const;
  });
  const others = counts
    .filter(({ rule }) => !rules.has(rule) && rule !== ofClosedHttps)
    .map(({ rule, matches }) => [rule, matches === 0 ? metNothing : `met ${matches}, struck none`] as const);
  const all = [...struck, ...others];
  const width = Math.min(40, Math.max(0, ...all.map(([name]) => name.length)));
  return all.map(([name, text]) => `${plainText(name).padEnd(width)}  ${text}`);
}

const metNothing = "met no request";
/** The rule that flags make for HTTPS that stays closed; elsewhere it is never met. */
const ofClosedHttps = "flags/connection";

/** Where rules met nothing: what came by in place of what they are about. */
function whereTo(tally: Tally, counts: SummaryInput["counts"], targets: readonly string[]): string[] {
  const { requests, connections, targets: seen, passed, unread, closed, untrusted } = tally;
  const isAboutTargets = connections + unread.size + closed.size + untrusted.size > 0;
  if (requests === 0) {
    if (isAboutTargets) return [];
    if (passed.size === 0)
      return [
        "Nothing came by. If a program has run, it did not use this proxy: docs/clients.md says what each runtime needs.",
      ];
    return [
      `Nothing for ${targets.join(", ")} came by, but the other hosts above did. If one of them is meant, name it with`,
      "--target-host, or as `targets` in the rule file.",
    ];
  }
  const missed = counts.filter(({ rule, matches }) => matches === 0 && rule !== ofClosedHttps);
  if (missed.length === 0) return [];
  const names = missed.map(({ rule }) => plainText(rule)).join(", ");
  return [
    `${missed.length === 1 ? "A rule" : "Rules"} that met no request: ${names}. Seen instead:`,
    ...listed(seen, (name, count) => `  ${name} (${count})`),
  ];
}

/** The most frequent first. */
function listed(names: Recent<string, number>, text: (name: string, count: number) => string): string[] {
  const all = names.entries().sort(([, a], [, b]) => b - a);
  const lines = all
    .slice(0, maxListed)
    .map(([name, count]) => text(shortened(plainText(name), maxName), count));
  const more = all.length - lines.length;
  if (more > 0)
    lines.push(names.hasForgotten ? `and ${more} or more others` : `and ${writeCount(more, "other")}`);
  return lines;
}
