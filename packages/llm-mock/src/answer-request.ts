/** The mock without its connections: one whole request in, one answer out. */
import { type ApiAnswer, type ApiRequest, type Call, json, type Route } from "./api.ts";
import { UnscriptedError } from "./model/speak.ts";
import type { MockProvider } from "./provider.ts";

/** The provider that a request is for. What none claims is answered by Anthropic's. */
export function providerFor(request: ApiRequest, providers: readonly MockProvider[]): MockProvider {
  const path = pathOf(request.path);
  return (
    providers.find((provider) => provider.claims(request, path)) ??
    providers.find(({ name }) => name === "anthropic") ??
    providers[0]!
  );
}

/** What a call is made of besides its request. */
export type CallFacts = Pick<Call, "origin" | "requestId" | "nowMs">;

/** Answers one request; `allow` holds the methods of a path that was asked with another one. */
export function answerTo(
  request: ApiRequest,
  provider: MockProvider,
  facts: CallFacts,
): { readonly answer: ApiAnswer; readonly allow?: string } {
  const path = pathOf(request.path);
  if (path === "/" && (request.method === "GET" || request.method === "HEAD"))
    return { answer: json({ status: "ok", server: "faultwire llm-mock" }) };
  const found = routeOf(path, provider.routes);
  if (!found) return { answer: provider.failure(404, "Not Found") };
  const { methods } = found.route;
  const handler = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined;
  if (!handler)
    return { answer: provider.failure(405, "Method Not Allowed"), allow: Object.keys(methods).join(", ") };
  const query = new URLSearchParams(request.path.slice(path.length));
  const call: Call = { request, path, query, params: found.params, ...facts };
  return { answer: provider.refuse?.(call) ?? handler(call) };
}

const pathOf = (path: string): string => path.split("?", 1)[0] ?? "";

function routeOf(
  path: string,
  routes: readonly Route[],
): { readonly route: Route; readonly params: readonly string[] } | undefined {
  for (const route of routes) {
    const match = route.path.exec(path);
    if (match) return { route, params: match.slice(1).map((text) => decoded(text ?? "")) };
  }
  return undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What a request gets whose handler threw. */
export const answerToThrown = (error: unknown, provider: MockProvider): ApiAnswer =>
  error instanceof UnscriptedError
    ? provider.failure(404, error.message)
    : // A `reply` that throws, or a body that nests too deep to be written down again.
      provider.failure(500, "Internal server error");
