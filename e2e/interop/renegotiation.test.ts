/** A renegotiation that a client of TLS 1.2 asks for inside an opened tunnel is refused, as the RFC lets a server. */
import type { LlmMock } from "@faultwire/llm-mock";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Field, openField } from "../../apps/cli/test/suite/intercept/field.ts";
import {
  apiHost,
  createUpstreamAuthority,
  startApi,
  type UpstreamAuthority,
} from "../../apps/cli/test/suite/intercept/upstream.ts";
import { gnutlsCli, openTunnel } from "./clients/gnutls.ts";
import { sClient } from "./clients/openssl.ts";
import { answerIn, requestText, Terminal } from "./clients/typed-client.ts";
import { hosts } from "./hosts.ts";
import { isLeftOut } from "./tools.ts";

const request = requestText({
  host: apiHost,
  path: "/v1/models",
  headers: { "x-api-key": "test", "anthropic-version": "2023-06-01" },
});

describe.each(hosts)("through the $name", ({ carriedBy }) => {
  let upstream: UpstreamAuthority;
  let api: LlmMock;
  let field: Field;
  let terminal: Terminal;

  beforeAll(async () => {
    upstream = await createUpstreamAuthority();
  });
  afterAll(() => upstream.close());
  beforeEach(async () => {
    api = await startApi(upstream);
    const flags = ["--error-probability", "0"];
    field = await openField({ carriedBy, originPort: api.port, upstream, flags });
  });
  afterEach(async () => {
    await terminal.close();
    await field.close();
    await api.close();
  });

  async function expectAnswer(): Promise<void> {
    terminal.forget();
    terminal.type(request);
    await terminal.until("an answer", () => answerIn(terminal.stdout) !== undefined);
    expect(answerIn(terminal.stdout)?.status).toBe(200);
  }

  it.skipIf(isLeftOut("openssl"))("openssl is told no_renegotiation, and gives up", async () => {
    const flags = ["-tls1_2"];
    terminal = new Terminal(sClient({ ...field, host: apiHost }, ...flags), field.environment);
    await expectAnswer();
    terminal.type("R\n");
    await terminal.until("the end", () => terminal.ended);
    expect(terminal.stderr).toContain("RENEGOTIATING");
    expect(terminal.stderr).toContain("no renegotiation");
    await terminal.close();
    // The next connection is none the worse for it.
    terminal = new Terminal(sClient({ ...field, host: apiHost }, ...flags), field.environment);
    await expectAnswer();
  });

  it.skipIf(isLeftOut("gnutls"))("gnutls-cli is told no_renegotiation", async () => {
    const priority = "NORMAL:-VERS-ALL:+VERS-TLS1.2";
    terminal = new Terminal(gnutlsCli({ ...field, host: apiHost }, priority), field.environment);
    await openTunnel(terminal, { host: apiHost });
    await expectAnswer();
    terminal.forget();
    terminal.type("^renegotiate^\n");
    await terminal.until("an alert", () =>
      /no renegotiation/i.test(`${terminal.stdout.toString()}${terminal.stderr}`),
    );
  });
});
