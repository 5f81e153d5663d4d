import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { throughThePlugin } from "./readme-example.ts";
import { origin, plugin, text } from "./suite/host-under-test.ts";

it("the README's example works as it is printed", async () => {
  const [readme, example] = ["../README.md", "readme-example.ts"].map((name) =>
    readFileSync(join(import.meta.dirname, name), "utf8"),
  );
  expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``);
  const side = await plugin({ side: "client" });
  const target = await origin();
  const received = throughThePlugin(side.url, target.authority);
  const upstream = await target.accept();
  await upstream.untilText("these bytes are the first that the plugin sees");
  upstream.socket.end("answered");
  expect(await received).toMatch(/^HTTP\/1\.1 200 OK\r\nDate: [^\r]+\r\n\r\nanswered$/);
  expect(text(side.tunnelCalls("ingress")[0]!.chunk)).toContain("these bytes");
});
