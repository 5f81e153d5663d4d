// Which input a tool is called with, for each keyword of JSON Schema that the mock knows.
import { expect, it } from "vitest";
import { sampleInput } from "../../src/model/sample-input.ts";

const object = (properties: object, more: object = {}) => ({ type: "object", properties, ...more });

it.each([
  [{ const: 5, default: 6 }, 5],
  [{ default: { a: 1 }, enum: [2] }, { a: 1 }],
  [{ enum: ["x", "y"], type: "string" }, "x"],
  [{ enum: [], type: "null" }, null],
  [{ anyOf: [{ type: "boolean" }, { type: "null" }] }, true],
  [{ oneOf: [{ type: "null" }] }, null],
  [{ type: ["integer", "null"] }, 1],
  [{ type: "string" }, "brief text"],
  [{ type: "string", maxLength: 5 }, "brief"],
  [{ type: "number", minimum: 0.5 }, 0.5],
  [{ type: "integer", minimum: 0 }, 0],
  [{ type: "number", minimum: "2" }, 1],
  [{ type: "boolean" }, true],
  [{ type: "null" }, null],
  [{ type: "array" }, []],
  [{ type: "array", items: { type: "integer" } }, [1]],
  [{ type: "object" }, {}],
  [object({ a: { type: "null" }, b: { type: "null" } }), { a: null, b: null }],
  [
    object({ a: { type: "null" }, b: { type: "null" } }, { required: ["b", "c", 7, "toString"] }),
    { b: null },
  ],
  [{ type: "date" }, {}],
  [{}, {}],
  [true, {}],
  [undefined, {}],
])("%j: %j", (schema, expected) => {
  expect(sampleInput(schema, "brief text")).toEqual(expected);
});

it("follows a schema eight levels deep", () => {
  let schema: object = { type: "integer" };
  for (let depth = 0; depth < 8; depth++) schema = { type: "array", items: schema };
  expect(sampleInput(schema, "")).toEqual([[[[[[[[1]]]]]]]]);
  expect(sampleInput({ type: "array", items: schema }, "")).toEqual([[[[[[[[[{}]]]]]]]]]);
});
