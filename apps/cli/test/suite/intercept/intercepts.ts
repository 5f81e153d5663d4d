/** What a client sees of a tunnel that the plugin opens: errors, the upstream's bytes, and both on one connection. */
import type { LoggedRequest } from "@faultwire/llm-mock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CarriedBy } from "../start-host.ts";
import { type Answer, timeless } from "./answer.ts";
import type { InteropClient } from "./client.ts";
import { type Field, openDirectField, openField } from "./field.ts";
import { apiHost, createUpstreamAuthority, isTick, startApi, type UpstreamAuthority } from "./upstream.ts";

const task = {
  host: apiHost,
  path: "/v1/messages",
  body: JSON.stringify({
    model: "claude-sonnet-5-5",
    max_tokens: 64,
    messages: [{ role: "user", content: "Grüße! What is left of \u{1f9ea} when the API is overloaded?" }],
  }),
  headers: {
    "content-type": "application/json",
    "x-api-key": "test",
    "anthropic-version": "2023-06-01",
  },
};

/**
 * Which of a client's requests fail (`x`) at one half with the seed 7: the same for every client, through every host,
 * on every machine, on every day.
 */
const failuresOfSeed7 = "xxx..xx.x.xx";

/** Whether the plugin opens tunnels, as `--intercept` says it. */
type Intercept = "https" | "connection";

/** A client's run: what it got, and what the API heard. */
interface Run {
  readonly answers: readonly Answer[];
  /** Without what the plugin asks for itself, and without what differs by the clock. */
  readonly heard: readonly LoggedRequest[];
}

/**
 * The cases for each client, through whoever carries them. They may run at the same time.
 *
 * @param intercepts - At probability 0, whether tunnels are opened, kept closed, or one after the other.
 */
export function interceptsThrough(
  carriedBy: CarriedBy,
  clients: readonly InteropClient[],
  intercepts: readonly Intercept[] = ["https"],
): void {
  let upstream: UpstreamAuthority;

  beforeAll(async () => {
    upstream = await createUpstreamAuthority();
  });
  afterAll(() => upstream.close());

  /** Runs a client through a plugin with these flags, or without any; the API is new each time. */
  async function run(
    client: InteropClient,
    count: number,
    flags?: readonly string[],
    intercept: Intercept = "https",
  ): Promise<Run> {
    const api = await startApi(upstream);
    let field: Field | undefined;
    try {
      field =
        flags === undefined
          ? await openDirectField(api.port, upstream)
          : await openField({ carriedBy, originPort: api.port, upstream, flags, intercept });
      const { proxyUrl, environment, caFile, tunnels } = field;
      const answers = await client.ask({ ...task, count, proxyUrl, environment, caFile });
      expect(answers).toHaveLength(count);
      expect(await tunnels()).toEqual([`${apiHost}:443`]);
      const heard = api.requests.filter((one) => !isTick(one)).map((one) => ({ ...one, timeMs: 0 }));
      return { answers, heard };
    } finally {
      await field?.close();
      await api.close();
    }
  }

  function expectInjected({ status, headers, body }: Answer): void {
    expect(status).toBe(429);
    expect(headers).toMatchObject({ "retry-after": "5", "x-faultwire": expect.any(String) });
    expect(headers["content-type"]).toMatch(/^application\/json/);
    expect(headers["request-id"]).toMatch(/^req_\w+$/);
    expect(JSON.parse(body)).toEqual({
      type: "error",
      error: { type: "rate_limit_error", message: expect.any(String) },
      request_id: headers["request-id"],
    });
  }

  describe.each(clients)("$name", (client) => {
    it("gets the provider's 429 for every request at probability 1, and the API hears none", async () => {
      const { answers, heard } = await run(client, 3, ["--error-probability", "1", "--status-code", "429"]);
      for (const answer of answers) expectInjected(answer);
      expect(new Set(answers.map(({ headers }) => headers["request-id"])).size).toBe(3);
      expect(heard).toEqual([]);
    });

    it.each(intercepts)(
      "gets what it gets without us, and the API hears the same, at probability 0 (--intercept %s)",
      async (intercept) => {
        const direct = await run(client, 3);
        expect(direct.heard).toHaveLength(3);
        expect(direct.answers.map(({ status }) => status)).toEqual([200, 200, 200]);
        const through = await run(client, 3, ["--error-probability", "0"], intercept);
        expect(through.answers.map(timeless)).toEqual(direct.answers.map(timeless));
        expect(through.heard).toEqual(direct.heard);
      },
    );

    it("gets both in turn on one connection at one half, as the seed says", async () => {
      const flags = ["--error-probability", "0.5", "--status-code", "429", "--seed", "7"];
      const { answers, heard } = await run(client, failuresOfSeed7.length, flags);
      expect(answers.map(({ status }) => (status === 200 ? "." : "x")).join("")).toBe(failuresOfSeed7);
      const whole = answers.filter(({ status }) => status === 200);
      for (const answer of answers) if (answer.status !== 200) expectInjected(answer);
      // Each answer is its request's own, in order, and no request that failed was seen by the API.
      expect(whole.map(({ headers }) => headers["request-id"])).toEqual(
        heard.map(({ requestId }) => requestId),
      );
      for (const { headers, body } of whole) {
        expect(headers).not.toHaveProperty("x-faultwire");
        expect(body).toContain("Grüße! What is left of \u{1f9ea}");
      }
    });
  });
}
