/** YAML 1.2, as rule files and headers have it. */
import { type Document, type LineCounter, parseDocument, type YAMLError } from "yaml";

/** Reads YAML and says nothing to the process: what is wrong stands in the document. */
export function readDocument(text: string, lineCounter?: LineCounter): Document.Parsed {
  const options = { prettyErrors: false, version: "1.2", logLevel: "error" } as const;
  return parseDocument(text, lineCounter === undefined ? options : { ...options, lineCounter });
}

/** The reader's words, but where they speak to programmers. */
export function yamlProblem({ code, message }: YAMLError): string {
  return code === "MULTIPLE_DOCS" ? "expected one document, found a second" : `not YAML or JSON: ${message}`;
}
