/** docs/faults.md against the code: an example of every fault, each of them sound, and the table of all ways. */
import { readFileSync, writeFileSync } from "node:fs";
import { FAULT_KINDS, parseRuleFile, type SimulateOptions, simulate } from "@faultwire/fault-engine";
import { wayTable } from "@faultwire/fault-engine/internal";
import { fetchWay } from "@faultwire/fetch-faults";
import { forwardWay } from "@faultwire/plugin-server";
import { tunnelWays } from "@faultwire/plugin-server/internal";
import { proxyWays } from "@faultwire/proxy/internal";
import { describe, expect, it } from "vitest";
import { galleryExamples, galleryFile, galleryRequest } from "../gallery.ts";

const examples = galleryExamples();

/** A request as the examples of a layer are for. */
function requestFor(kind: string): NonNullable<SimulateOptions["request"]> {
  const nothing = new Uint8Array(0);
  switch (kind.slice(0, kind.indexOf("."))) {
    case "websocket":
      return { method: "GET", headers: [["Upgrade", "websocket"]], body: nothing };
    case "grpc":
      return {
        ...{ method: "POST", target: "/helloworld.Greeter/SayHello", body: nothing },
        headers: [["content-type", "application/grpc"]],
      };
    default:
      return { body: new TextEncoder().encode(galleryRequest(kind)) };
  }
}

describe("the gallery of faults", () => {
  it("has every fault once, in the order of the engine", () => {
    expect(examples.map(({ kind }) => kind)).toEqual(FAULT_KINDS);
  });

  it.each(examples)("$kind: its rule is taken, and takes what it is for", ({ kind, yaml }) => {
    const { ruleSet } = parseRuleFile(yaml, `${kind}.yaml`);
    expect(ruleSet.rules.flatMap(({ faults }) => faults.map((fault) => fault?.kind))).toEqual([kind]);
    const { rules } = simulate(ruleSet, { requests: 10, request: requestFor(kind) });
    expect(rules[0]?.hits).toBe(10);
  });

  it("has the table that the code makes; UPDATE_DOCS=1 writes it", () => {
    const table = wayTable([...proxyWays, ...tunnelWays, forwardWay, fetchWay]).trim();
    const page = readFileSync(galleryFile, "utf8");
    const between = /(?<=<!-- ways -->\n\n).*?(?=\n*<!-- end of ways -->)/s;
    if (process.env["UPDATE_DOCS"] === "1")
      writeFileSync(
        galleryFile,
        page.replace(between, () => table).replace(/\n*(<!-- end of ways)/, "\n\n$1"),
      );
    const found = between.exec(readFileSync(galleryFile, "utf8"))?.[0] ?? "";
    expect(found.replaceAll(/-+/g, "-").replaceAll(/ *\| */g, "|")).toBe(
      table.replaceAll(/-+/g, "-").replaceAll(/ *\| */g, "|"),
    );
  });
});
