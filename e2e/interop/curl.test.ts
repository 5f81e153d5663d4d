/** Ways in which HTTP/1.1 can be spoken that most clients leave alone, through every host: with curl, which knows all. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answer, readAnswers } from "../../apps/cli/test/suite/intercept/answer.ts";
import { outputOf } from "../../apps/cli/test/suite/intercept/client.ts";
import { openDirectField, openField } from "../../apps/cli/test/suite/intercept/field.ts";
import {
  apiHost,
  createUpstreamAuthority,
  isTick,
  startApi,
  type UpstreamAuthority,
} from "../../apps/cli/test/suite/intercept/upstream.ts";
import { hosts, type NamedHost } from "./hosts.ts";
import { isLeftOut } from "./tools.ts";

/**
 * A way to ask, as curl's flags; `big` asks with a body of 2 MiB, for which curl waits until it is told to go on. A 429
 * in place of that word ends the connection: nobody can know whether the body still comes.
 */
const ways = [
  { name: "a body that waits for 100 Continue", flags: [], big: true, tunnels: 2 },
  { name: "a big body sent at once", flags: ["--header", "Expect:"], big: true, tunnels: 1 },
  { name: "a chunked body", flags: ["--header", "Transfer-Encoding: chunked"], big: false, tunnels: 1 },
  { name: "a big chunked body", flags: ["--header", "Transfer-Encoding: chunked"], big: true, tunnels: 2 },
  { name: "HTTP/1.0", flags: ["--http1.0", "--no-alpn"], big: false, tunnels: 2 },
  { name: "Connection: close", flags: ["--header", "Connection: close"], big: false, tunnels: 2 },
] as const;

let folder: string;
let upstream: UpstreamAuthority;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "faultwire-curl-"));
  upstream = await createUpstreamAuthority();
  const ask = (content: string): string =>
    JSON.stringify({
      model: "claude-sonnet-5-5",
      max_tokens: 64,
      messages: [{ role: "user", content }],
    });
  writeFileSync(join(folder, "small.json"), ask("Hello, how are you?"));
  writeFileSync(join(folder, "big.json"), ask("All of this. ".repeat((2 * 1024 * 1024) / 13)));
});
afterAll(() => {
  upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Run {
  readonly answers: readonly Answer[];
  readonly heardBytes: readonly number[];
  readonly tunnels: number;
}

/** Asks twice in one run of curl, through the plugin with these flags, or without any. */
async function ask(
  { flags, big }: (typeof ways)[number],
  host: NamedHost,
  faultwireFlags?: readonly string[],
): Promise<Run> {
  const api = await startApi(upstream);
  const field = faultwireFlags
    ? await openField({ carriedBy: host.carriedBy, originPort: api.port, upstream, flags: faultwireFlags })
    : await openDirectField(api.port, upstream);
  try {
    const { status, stdout, stderr } = await outputOf(
      [
        ...["curl", "-q", "--silent", "--show-error", "--include", "--suppress-connect-headers"],
        ...["--header", "x-api-key: test", "--header", "anthropic-version: 2023-06-01"],
        ...["--header", "content-type: application/json", ...flags],
        ...["--data-binary", `@${join(folder, big ? "big.json" : "small.json")}`],
        ...[`https://${apiHost}/v1/messages`, `https://${apiHost}/v1/messages`],
      ],
      field.environment,
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const finals = stdout.toString("latin1").replaceAll("HTTP/1.1 100 Continue\r\n\r\n", "");
    return {
      answers: readAnswers(Buffer.from(finals, "latin1")).answers,
      heardBytes: api.requests.filter((one) => !isTick(one)).map(({ bodyBytes }) => bodyBytes),
      tunnels: (await field.tunnels()).length,
    };
  } finally {
    await field.close();
    await api.close();
  }
}

describe.skipIf(isLeftOut("curl")).each(hosts)("through the $name", (host) => {
  it.each(ways)("$name: the API's answers at probability 0, as without us", async (way) => {
    const direct = await ask(way, host);
    const through = await ask(way, host, ["--error-probability", "0"]);
    const shown = ({ answers, ...rest }: Run) => ({
      ...rest,
      answers: answers.map(({ status, body }) => ({ status, body })),
    });
    expect(shown(through)).toEqual(shown(direct));
    expect(direct.answers.map(({ status }) => status)).toEqual([200, 200]);
  });

  it.each(ways)("$name: 429 at probability 1, and the API hears nothing", async (way) => {
    const { answers, heardBytes, tunnels } = await ask(way, host, [
      ...["--error-probability", "1", "--status-code", "429"],
    ]);
    expect(answers.map(({ status }) => status)).toEqual([429, 429]);
    expect(heardBytes).toEqual([]);
    expect(tunnels).toBe(way.tunnels);
  });
});
