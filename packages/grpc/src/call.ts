/** Which requests are calls, and of which method. */

/** A field: its name and its value. */
export type GrpcField = readonly [name: string, value: string];

/**
 * Whether a content-type is gRPC's: `application/grpc`, alone or with a format behind `+`, or with parameters. gRPC-Web has
 * another framing (its trailers are a message), so `application/grpc-web` is none.
 */
export function isGrpcContentType(contentType: string | undefined): boolean {
  return contentType !== undefined && /^\s*application\/grpc\s*(?:$|[+;])/i.test(contentType);
}

/** Whether a request is a call: a POST whose content-type is gRPC's. Names of fields in any case. */
export function isGrpcCall(method: string, fields: readonly GrpcField[]): boolean {
  if (method !== "POST") return false;
  return isGrpcContentType(fields.find(([name]) => name.toLowerCase() === "content-type")?.[1]);
}

/** The two parts of a call's path. */
export interface GrpcMethod {
  /** With its package, such as `google.ai.generativelanguage.v1beta.GenerativeService`. */
  readonly service: string;
  /** Its name alone, such as `GenerateContent`. */
  readonly method: string;
}

/** Reads `/SERVICE/METHOD`, whatever stands before it. @returns `undefined` for a path without two parts. */
export function methodOfPath(path: string): GrpcMethod | undefined {
  const [method = "", service = ""] = path
    .replace(/[?#].*$/s, "")
    .split("/")
    .reverse();
  return service === "" || method === "" ? undefined : { service, method };
}
