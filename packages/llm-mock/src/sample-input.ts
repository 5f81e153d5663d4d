import { isObject, type JsonObject } from "./messages-request.ts";

/** How deep a schema is followed; a schema that nests deeper, or refers to itself by hand, gets `{}` below. */
const maxSchemaDepth = 8;

/**
 * A value that a tool with this JSON Schema takes: constants, defaults and first choices as given, `text` for strings,
 * the smallest allowed number, required properties only. Keywords that the mock does not know are passed over.
 */
export function sampleInput(schema: unknown, text: string, depth = 0): unknown {
  if (!isObject(schema) || depth > maxSchemaDepth) return {};
  if ("const" in schema) return schema["const"];
  if ("default" in schema) return schema["default"];
  if (Array.isArray(schema["enum"]) && schema["enum"].length) return schema["enum"][0];
  for (const choice of ["anyOf", "oneOf"]) {
    const choices = schema[choice];
    if (Array.isArray(choices)) return sampleInput(choices[0], text, depth + 1);
  }
  const type = Array.isArray(schema["type"]) ? schema["type"][0] : schema["type"];
  switch (type) {
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
      return schema["items"] ? [sampleInput(schema["items"], text, depth + 1)] : [];
    default:
      return sampleObject(schema, text, depth);
  }
}

function sampleObject(schema: JsonObject, text: string, depth: number): JsonObject {
  const { properties, required } = schema;
  if (!isObject(properties)) return {};
  const names = Array.isArray(required) ? required : Object.keys(properties);
  return Object.fromEntries(
    names
      .filter((name): name is string => typeof name === "string" && Object.hasOwn(properties, name))
      .map((name) => [name, sampleInput(properties[name], text, depth + 1)]),
  );
}
