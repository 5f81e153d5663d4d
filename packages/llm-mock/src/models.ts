/** A model as `GET /v1/models` lists it. */
interface ModelEntry {
  readonly type: "model";
  readonly id: string;
  readonly display_name: string;
  readonly created_at: string;
  readonly deprecated_at: null;
  readonly lifecycle: "active";
  readonly capabilities: null;
}

const entry = (id: string, display_name: string): ModelEntry => ({
  type: "model",
  id,
  display_name,
  // What the provider says of models whose day it does not tell.
  created_at: "1970-01-01T00:00:00Z",
  deprecated_at: null,
  lifecycle: "active",
  capabilities: null,
});

/** The models that are listed. `POST /v1/messages` takes every name that begins with `claude-`. */
const models: readonly ModelEntry[] = [
  entry("claude-opus-5-5", "Claude Opus 5.5"),
  entry("claude-sonnet-5-5", "Claude Sonnet 5.5"),
  entry("claude-haiku-5-5", "Claude Haiku 5.5"),
];

/** The whole list in the provider's page shape. The mock has one page. */
export const modelsPage = (): object => ({
  data: models,
  has_more: false,
  first_id: models[0]?.id ?? null,
  last_id: models.at(-1)?.id ?? null,
});

/** One listed model. */
export const modelById = (id: string): ModelEntry | undefined => models.find((model) => model.id === id);
