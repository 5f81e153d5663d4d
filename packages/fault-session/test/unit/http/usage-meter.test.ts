/** What a response says it has used, as budgets are charged with it. */
import { describe, expect, it } from "vitest";
import { UsageMeter } from "../../../src/http/usage-meter.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("the usage of a response", () => {
  it("is the last count of each kind, and null where the response names none", () => {
    const settled: unknown[] = [];
    const meter = new UsageMeter(null, (...usage) => settled.push(usage));
    meter.push(ascii('{"usage":{"output_to'));
    meter.push(ascii('kens":3}}'));
    meter.finish();
    expect(settled).toEqual([[null, 3]]);
  });

  it("is read from the events of a stream, however they are cut", () => {
    const stream = ascii(
      'data: {"message":{"usage":{"input_tokens":12,"output_tokens":1}}}\n\ndata: {"usage":{"output_tokens":9}}\n\n',
    );
    for (let at = 0; at <= stream.length; at++) {
      const settled: unknown[] = [];
      const meter = new UsageMeter("sse", (...usage) => settled.push(usage));
      meter.push(stream.subarray(0, at));
      meter.push(stream.subarray(at));
      meter.finish();
      expect(settled).toEqual([[12, 9]]);
    }
  });

  it("is told to nobody where there is none", () => {
    const settled: unknown[] = [];
    const meter = new UsageMeter(null, (...usage) => settled.push(usage));
    meter.push(ascii("not json"));
    meter.finish();
    expect(settled).toEqual([]);
  });
});
