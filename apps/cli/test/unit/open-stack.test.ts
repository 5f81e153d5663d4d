/** What stands in for the targets: a mock, recordings, or nothing; and the CA of a run. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CertificateAuthorityError } from "@faultwire/cert-authority";
import { encodeRecording } from "@faultwire/recordings";
import { openRuntime } from "@faultwire/runtime";
import pino from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { openWorld, type World, type WorldOptions } from "../../src/run/open-world.ts";
import { openStack, type Stack, type StackOptions } from "../../src/stack/open-stack.ts";
import { UsageError } from "../../src/usage-error.ts";
import { ownHome } from "../support/own-home.ts";

const home = ownHome();

const logger = pino({ level: "silent" });
const rulesFor = (...targets: readonly string[]) => ({
  builtIn: {
    title: "rules of the test",
    text: `version: 1\ntargets: ${JSON.stringify(targets)}\nrules: [{ name: busy, fault: { http: { status: 503 } } }]\n`,
  },
  single: { seed: "7" },
  watch: false,
});

/** A folder with one recording. */
function recorded(): string {
  const folder = mkdtempSync(join(home(), "recordings-"));
  const text = encodeRecording({
    recordedAt: "2026-11-29T00:00:00.000Z",
    request: {
      ...{ scheme: "https", host: "a.test", method: "GET", target: "/" },
      ...{ headers: [], body: new Uint8Array() },
    },
    response: { parts: [], end: "open" },
  });
  writeFileSync(join(folder, "000001-GET-a.test.json"), text);
  return folder;
}

async function stackWith(more: Partial<StackOptions>): Promise<Stack> {
  const runtime = await openRuntime({
    ...{ rules: rulesFor("a.test", "*.b.test", "a.test"), intercept: true, logger, authority: {} },
    upstream: { ownCa: more.mock !== undefined || more.recording !== undefined },
  });
  const close = async (): Promise<void> => void (await runtime.close());
  const stack = await openStack({
    runtime: { ...runtime, caCertPath: "", close },
    proxy: { port: 0 },
    ...more,
  });
  onTestFinished(() => stack.close());
  return stack;
}

describe("a stack", () => {
  const mocked = ["api.anthropic.com", "a.test", "*.b.test"];

  it("with a mock leads the targets there, and Anthropic's API with them", async () => {
    const { mock, mockedHosts, replayed } = await stackWith({ mock: { port: 0 } });
    expect([mock?.url.startsWith("https://127.0.0.1:"), mockedHosts, replayed]).toEqual([
      true,
      mocked,
      undefined,
    ]);
  });

  it("with recordings leads them there, and has no mock", async () => {
    const replay = { folder: recorded(), speed: 1, passes: false };
    const { mock, mockedHosts, replayed } = await stackWith({ recording: { replay } });
    expect([mock, mockedHosts, replayed]).toEqual([undefined, mocked, 1]);
  });

  it("with neither leads nothing anywhere, also where it records", async () => {
    for (const recording of [{}, { record: join(home(), "new") }]) {
      const { mock, mockedHosts, replayed, recordingStopped } = await stackWith({ recording });
      expect([mock, mockedHosts, replayed, recordingStopped()]).toEqual([
        undefined,
        [],
        undefined,
        undefined,
      ]);
    }
  });
});

describe("the CA of a run", () => {
  async function worldOf(
    rules: WorldOptions["runtime"]["rules"],
    more: Partial<WorldOptions> = {},
  ): Promise<World> {
    const world = await openWorld({
      runtime: { rules, intercept: true, logger, upstream: {} } as WorldOptions["runtime"],
      ...more,
    });
    onTestFinished(async () => void (await world.close()));
    return world;
  }

  it("is that of the home; one of its own where that is for other targets", async () => {
    expect((await worldOf(rulesFor("a.test"))).hasOwnCa).toBe(false);
    expect((await worldOf(rulesFor("a.test"))).hasOwnCa).toBe(false);
    expect((await worldOf(rulesFor("c.test"))).hasOwnCa).toBe(true);
  });

  it("that was named is never replaced: that it is for other targets is told", async () => {
    const { runtime } = await worldOf(rulesFor("a.test"));
    const { certificatePath, keyPath } = (
      runtime as { readonly authority?: { readonly certificatePath?: string; readonly keyPath?: string } }
    ).authority as { readonly certificatePath: string; readonly keyPath: string };
    const error = await worldOf(rulesFor("c.test"), { ownCa: { certificatePath, keyPath } }).catch(
      (cause: unknown) => cause,
    );
    expect(error).toBeInstanceOf(CertificateAuthorityError);
    expect(error).toMatchObject({ code: "outside-constraint" });
  });

  it("is no remedy for rules that can't be read: the flag to check is told", async () => {
    const error = await worldOf({
      file: join(home(), "none.yaml"),
      single: {},
      watch: false,
    }).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toMatch(/none\.yaml.*; check --config$/);
  });
});
