/** Limits that docs/threats.md and docs/performance.md name are those of the code: words of the page against a constant. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const pages = {
  threats: read("docs/threats.md").replaceAll(/\s+/g, " "),
  performance: read("docs/performance.md").replaceAll(/\s+/g, " "),
};

/** What a unit is in the code's own: bytes, milliseconds, or a count. */
const units: Readonly<Record<string, number>> = {
  KiB: 1024,
  MiB: 1_048_576,
  s: 1000,
  seconds: 1000,
  million: 1e6,
  years: 365,
};

/** The first figure of some words, with its unit: "64 MiB over all" is 67,108,864. */
function figureOf(words: string): number {
  const spelled = { two: "2", "an hour": "3,600 s" } as const;
  const text = Object.entries(spelled).reduce((all, [word, digits]) => all.replaceAll(word, digits), words);
  const [, digits = "", unit = ""] =
    /(\d[\d,]*(?:\.\d+)?)(?: (KiB|MiB|s|seconds|million|years)\b)?/.exec(text) ?? [];
  return Number(digits.replaceAll(",", "")) * (units[unit] ?? 1);
}

/** The number that a source file gives a name: `name: 1_024`, `name = 1_024`. */
function constantOf(file: string, name: string): number {
  const found = [...read(file).matchAll(new RegExp(`\\b${name}(?:: number)?(?::| =) (\\d[\\d_]*)\\b`, "g"))];
  expect(found, `${name} stands once in ${file}`).toHaveLength(1);
  return Number(found[0]?.[1]?.replaceAll("_", ""));
}

const authority = "packages/cert-authority/src/limits.ts";
const endpoint = "apps/plugin-server/src/endpoint.ts";
const tunnels = "packages/tunnel/src/tunnels.ts";
const proxy = "apps/proxy/src/proxy-limits.ts";
const protocol = "packages/connection-protocol/src/connection-limits.ts";

const threats: readonly (readonly [words: string, file: string, name: string])[] = [
  ["for two years from when the CA was made", authority, "rootDays"],
  ["none above 4 MiB", authority, "fileBytes"],
  ["by default 10,000, and OpenSSL contexts", authority, "cachedLeaves"],
  ["in one of 500", authority, "secureContexts"],
  ["names longer than 1024 characters", authority, "hostCharacters"],
  ["over 4 MiB, the host's own limit", endpoint, "maxMessageBytes"],
  ["64 MiB over all connections", endpoint, "maxUnfinishedBytes"],
  ["64 KiB a message, 256 calls", endpoint, "maxOtherMessageBytes"],
  ["256 calls at once", endpoint, "maxOtherCalls"],
  ["256 (`maxConnections`)", endpoint, "maxConnections"],
  [
    "for 25 s, which is longer than a host is silent",
    "apps/plugin-server/src/registration.ts",
    "pollValidityMs",
  ],
  ["told to take 50,000 at once", endpoint, "streamResetBurst"],
  ["64 MiB over all tunnels", tunnels, "maxHeldBytes"],
  ["all tunnels together hold 64 MiB", tunnels, "maxHeldBytes"],
  ["for an hour, and 10,000 at the most", tunnels, "maxIdleMs"],
  ["10,000 at the most. Of a tunnel", tunnels, "maxTunnels"],
  ["128 KiB, then an alert", "apps/proxy/src/front/tls-front.ts", "maxBytes"],
  ["1 KiB, then the end", "apps/proxy/src/front/proxy-protocol-front.ts", "maxBytes"],
  ["the 30 s of a first head", proxy, "headMs"],
  ["64 connections are open", proxy, "unmarkedConnections"],
  ["waits two seconds", proxy, "upstreamAnswerMs"],
  ["leaves 1 MiB of its own answers unread", proxy, "maxUnreadBytes"],
  ["64 KiB unless the route says otherwise", "apps/proxy/src/front/own-routes.ts", "defaultMaxBodyBytes"],
  ["256 KiB a connection", "packages/fault-session/src/carrier.ts", "maxHeldBytes"],
  ["10 s until the first message", protocol, "openMs"],
  ["10,000 connections (`rules", "apps/plugin-server/src/connections/connections.ts", "maxConnections"],
  ["after 5 s at the most", protocol, "decisionMs"],
  ["1,024 questions", protocol, "maxWatches"],
  ["30 s; then such a stream is reset", protocol, "endMs"],
  ["16 KiB a word", "packages/fault-engine/src/events/outcome.ts", "maxBodyBytes"],
  ["500 characters of its text", "packages/fault-engine/src/events/outcome.ts", "maxTextLength"],
  ["the first 500,000 events", "apps/cli/src/run/run-once.ts", "maxEvents"],
  ["at most 10,000 descriptors", "apps/cli/src/run/went-round.ts", "maxDescriptors"],
  ["4 MiB of the kernel's table", "apps/cli/src/run/went-round.ts", "maxTableBytes"],
  ["100 exchanges and", "packages/fault-session/src/http/exchange-limits.ts", "maxExchanges"],
  ["1 MiB a connection", "packages/fault-session/src/http/exchange-limits.ts", "maxWaitingBytes"],
  ["1 KiB (`dead-tunnels`", "packages/fault-session/src/http/exchange-limits.ts", "exchangeBytes"],
  ["4 KiB, once, without anchors", "packages/fault-engine/src/rule-file/header-fault.ts", "maxBytes"],
  ["20 deep", "packages/fault-engine/src/rule-file/header-fault.ts", "maxDepth"],
  ["1.25 million of such steps", "packages/fault-engine/src/patterns/effort.ts", "maxSteps"],
  ["256 KiB of one response", "packages/fetch-faults/src/limits.ts", "maxHeldBytes"],
  ["10 MiB; a longer one passes", "packages/fetch-faults/src/limits.ts", "maxReadBodyBytes"],
];

const performance: typeof threats = [
  ["may have 1 MiB unread", endpoint, "call"],
  ["a connection 16 MiB", endpoint, "connection"],
  ["until its 10,000 places are taken", tunnels, "maxTunnels"],
  ["10,000 connections and as many requests", "apps/cli/src/traffic/finished-request.ts", "maxRemembered"],
];

describe.each([
  ["threats", threats],
  ["performance", performance],
] as const)("docs/%s.md", (page, rows) => {
  it.each(rows)("%s", (words, file, name) => {
    // Not toContain: it would print the page.
    expect(pages[page].includes(words), `the page says "${words}"`).toBe(true);
    expect(figureOf(words)).toBe(constantOf(file, name));
  });
});
