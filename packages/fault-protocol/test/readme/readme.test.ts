import { readFileSync } from "node:fs";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import {
  FaultProtocolError,
  hostLimits,
  ProcessTunnelDataRequest_Direction,
  ProcessTunnelDataRequestSchema,
} from "@faultwire/fault-protocol";
import { describe, expect, it } from "vitest";
import { answer } from "./answer-tunnel-call.ts";

const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");
/** The formatter pads the cells of tables. */
const cells = readme.replaceAll(/ +/g, " ");
const call = (direction: ProcessTunnelDataRequest_Direction, text: string) =>
  create(ProcessTunnelDataRequestSchema, { direction, chunk: new TextEncoder().encode(text) });

describe("README.md", () => {
  it("shows the example that is run here", () => {
    const example = readFileSync(join(import.meta.dirname, "answer-tunnel-call.ts"), "utf8");
    expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``);
  });

  it("shows an example that does what it says", () => {
    expect(answer(call(ProcessTunnelDataRequest_Direction.EGRESS, "boom")).action).toMatchObject({
      case: "passThrough",
      value: { chunk: new Uint8Array(0) },
    });
    expect(answer(call(ProcessTunnelDataRequest_Direction.INGRESS, "hello")).action).toMatchObject({
      case: "passThrough",
      value: { chunk: new TextEncoder().encode("hello") },
    });
    expect(answer(call(ProcessTunnelDataRequest_Direction.INGRESS, "boom")).action.case).toBe("close");
  });

  it("tells every limit with its value", () => {
    for (const [name, value] of Object.entries(hostLimits))
      expect(cells).toContain(`| \`${name}\` | ${value.toLocaleString("en-US")} |`);
  });

  it("tells every error code", () => {
    const source = readFileSync(join(import.meta.dirname, "../../src/fault-protocol-error.ts"), "utf8");
    const union = source.slice(0, source.indexOf("export class"));
    const codes = [...union.matchAll(/^ {2}\| "([a-z-]+)"/gm)].map(([, code]) => code);
    expect(codes.length).toBeGreaterThan(5);
    for (const code of codes) expect(cells).toContain(`| \`${code}\` |`);
    expect(readme).toContain(FaultProtocolError.name);
  });
});
