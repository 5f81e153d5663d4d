/** A model as `GET /v1/models` lists it. */
interface ModelEntry {
  readonly type: "model";
  readonly id: string;
  readonly display_name: string;
  readonly created_at: string;
}

const entry = (id: string, display_name: string, created_at: string): ModelEntry => ({
  type: "model",
  id,
  display_name,
  created_at,
});

/** The models that are listed, newest first. `POST /v1/messages` takes every name that begins with `claude-`. */
const models: readonly ModelEntry[] = [
  entry("claude-haiku-4-5-20251001", "Claude Haiku 4.5", "2025-10-15T00:00:00Z"),
  entry("claude-sonnet-4-5-20250929", "Claude Sonnet 4.5", "2025-09-29T00:00:00Z"),
  entry("claude-opus-4-1-20250805", "Claude Opus 4.1", "2025-08-05T00:00:00Z"),
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
