/** A model as `GET /v1/models` lists it. */
interface ModelEntry {
  readonly type: "model";
  readonly id: string;
  readonly display_name: string;
  readonly created_at: string;
  readonly deprecated_at: null;
  readonly retires_at: null;
  readonly lifecycle: "active";
  readonly line: string;
  readonly max_input_tokens: number;
  readonly max_tokens: number;
  readonly capabilities: null;
}

const entry = (id: string, display_name: string, line: string): ModelEntry => ({
  type: "model",
  id,
  display_name,
  // What the provider says of models whose day it does not tell.
  created_at: "1970-01-01T00:00:00Z",
  deprecated_at: null,
  retires_at: null,
  lifecycle: "active",
  line,
  max_input_tokens: 200_000,
  max_tokens: 64_000,
  capabilities: null,
});

/** The models that are listed. `POST /v1/messages` takes every name that begins with `claude-`. */
const models: readonly ModelEntry[] = [
  entry("claude-opus-5-5", "Claude Opus 5.5", "opus"),
  entry("claude-sonnet-5-5", "Claude Sonnet 5.5", "sonnet"),
  entry("claude-haiku-5-5", "Claude Haiku 5.5", "haiku"),
];

/** A list in the provider's page shape: entries behind `after_id` or before `before_id`, `limit` of them. */
export function pageOf<T extends { readonly id: string }>(all: readonly T[], query: URLSearchParams): object {
  const limit = Math.min(Math.max(Number(query.get("limit")) || 20, 1), 1000);
  const after = all.findIndex(({ id }) => id === query.get("after_id"));
  const before = all.findIndex(({ id }) => id === query.get("before_id"));
  const from = after + 1;
  const to = before < 0 ? all.length : before;
  const data = before < 0 ? all.slice(from, from + limit) : all.slice(Math.max(from, to - limit), to);
  return {
    data,
    has_more: before < 0 ? from + data.length < all.length : to - data.length > from,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  };
}

/** The list of models. */
export const modelsPage = (query: URLSearchParams): object => pageOf(models, query);

/** One listed model. */
export const modelById = (id: string): ModelEntry | undefined => models.find((model) => model.id === id);
