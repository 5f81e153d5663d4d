/** Values that a JSON Schema allows, and for texts without a pattern those that code has to bear. */
import fc from "fast-check";

interface Schema {
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly type?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly maxProperties?: number;
  readonly additionalProperties?: Schema | boolean;
  readonly propertyNames?: Schema;
}

/** Texts that break out of lines, of ISO-8859-1, of JSON, of a limit; and names that mean something in HTTP. */
const texts = fc.constantFrom(
  "",
  "a",
  "a b",
  "a\nb",
  "a\r\nx: y",
  "\0",
  "é",
  "漢😀",
  "\ud800",
  "*",
  "/^a+$/",
  "-1",
  "[DONE]",
  "x".repeat(300),
  "content-length",
  "Transfer-Encoding",
  "connection",
  "set-cookie",
  "retry-after",
  "x-test",
);
const scalars = fc.oneof(texts, fc.integer(), fc.boolean(), fc.constant(null));

/** Small numbers mostly, and both ends of the range. */
function numbers({ minimum = -1e9, maximum = 1e9, type }: Schema): fc.Arbitrary<number> {
  const near = Math.min(maximum, minimum + 600);
  if (type === "number") return fc.double({ min: minimum, max: near, noNaN: true });
  return fc.oneof(fc.integer({ min: minimum, max: near }), fc.constantFrom(minimum, maximum));
}

/**
 * Values of `schema` (the part of 2020-12 that rule files use). An object has the keys that it must have and few
 * others, for most that may be there exclude each other.
 */
export function schemaArbitrary(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map(schemaArbitrary));
  switch (schema.type) {
    case "string":
      return schema.pattern === undefined ? texts : fc.stringMatching(new RegExp(schema.pattern));
    case "integer":
    case "number":
      return numbers(schema);
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array":
      return fc.array(schemaArbitrary(schema.items ?? {}), { minLength: schema.minItems ?? 0, maxLength: 3 });
    case "object":
      return objects(schema);
    default:
      return scalars;
  }
}

function objects(schema: Schema): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties, propertyNames = { type: "string" } } = schema;
  if (typeof additionalProperties === "object") {
    const key = schemaArbitrary(propertyNames) as fc.Arbitrary<string>;
    return fc.dictionary(key, schemaArbitrary(additionalProperties), { maxKeys: 2 });
  }
  const optional = Object.keys(properties).filter((name) => !required.includes(name));
  const most = Math.min(optional.length, schema.maxProperties ?? 3);
  const least = required.length === 0 ? Math.min(1, most) : 0;
  return fc
    .subarray(optional, { minLength: least, maxLength: most })
    .chain((chosen) =>
      fc.record(
        Object.fromEntries(
          [...required, ...chosen].map((name) => [name, schemaArbitrary(properties[name] ?? {})]),
        ),
      ),
    );
}
