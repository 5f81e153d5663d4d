import { isObject, type JsonObject } from "../json.ts";

/** How deep a schema is followed; a schema that nests deeper, or refers to itself, gets `{}` below. */
const maxSchemaDepth = 8;

/**
 * A value that a tool with this JSON Schema takes: constants, defaults and first choices as given, `text` for strings,
 * the smallest allowed number, required properties only. References within the schema are followed; keywords that the
 * mock does not know are passed over. Types may be written in capitals, as Gemini has them.
 */
export const sampleInput = (schema: unknown, text: string): unknown => sample(schema, text, 0, schema);

function sample(schema: unknown, text: string, depth: number, root: unknown): unknown {
  if (!isObject(schema) || depth > maxSchemaDepth) return {};
  const below = (inner: unknown): unknown => sample(inner, text, depth + 1, root);
  if (typeof schema["$ref"] === "string") return below(referred(schema["$ref"], root));
  if ("const" in schema) return schema["const"];
  if ("default" in schema) return schema["default"];
  if (Array.isArray(schema["enum"]) && schema["enum"].length) return schema["enum"][0];
  for (const choice of ["anyOf", "oneOf", "allOf"]) {
    const choices = schema[choice];
    if (Array.isArray(choices)) return below(choices[0]);
  }
  const type = Array.isArray(schema["type"]) ? schema["type"][0] : schema["type"];
  switch (typeof type === "string" ? type.toLowerCase() : type) {
    case "string":
      return typeof schema["maxLength"] === "number" ? text.slice(0, schema["maxLength"]) : text;
    case "number":
    case "integer":
      return typeof schema["minimum"] === "number" ? schema["minimum"] : 1;
    case "boolean":
      return true;
    case "null":
      return null;
    case "array":
      return schema["items"] ? [below(schema["items"])] : [];
    default:
      return sampleObject(schema, below);
  }
}

/** What `#/$defs/name` stands for; `undefined` for what is not in this schema. */
function referred(reference: string, root: unknown): unknown {
  if (!reference.startsWith("#")) return undefined;
  let value = root;
  for (const step of reference.split("/").slice(1)) {
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value;
}

function sampleObject(schema: JsonObject, below: (inner: unknown) => unknown): JsonObject {
  const { properties, required } = schema;
  if (!isObject(properties)) return {};
  const names = Array.isArray(required) ? required : Object.keys(properties);
  return Object.fromEntries(
    names
      .filter((name): name is string => typeof name === "string" && Object.hasOwn(properties, name))
      .map((name) => [name, below(properties[name])]),
  );
}
