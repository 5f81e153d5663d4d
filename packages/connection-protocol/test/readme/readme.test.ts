import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { ask, server } from "./example.ts";

it("the README's plugin refuses one host and passes others through", async () => {
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as { readonly port: number };
  const url = `http://127.0.0.1:${port}`;
  expect(await ask(url, "down.example")).toBe("refuse");
  expect(await ask(url, "up.example")).toBe("passThrough");
  expect(await ask(url, "NOT A HOST")).toContain("open.host");
});

it("the README holds that example", () => {
  const plain = (text: string): string => text.replaceAll(/\s+/g, " ").trim();
  const source = readFileSync(join(import.meta.dirname, "example.ts"), "utf8");
  const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");
  expect(plain(readme)).toContain(plain(source));
});
