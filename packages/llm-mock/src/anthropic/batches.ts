/** Message batches: worked on by the mock's clock. */

import { type ApiAnswer, type Call, json, type Route } from "../api.ts";
import { type ApiError, isApiError } from "../api-error.ts";
import { derivedId } from "../ids.ts";
import { isListOf, isObject, type JsonObject, parseObject } from "../json.ts";
import type { World } from "../provider.ts";
import { Store } from "../store.ts";
import { invalidRequest, notFound } from "./errors.ts";
import { pageOf } from "./models.ts";

const DAY_MS = 86_400_000;
const CUSTOM_ID = /^[a-zA-Z0-9_-]{1,64}$/;

interface Item {
  readonly customId: string;
  /** As bytes, since a message's ids are derived from those. */
  readonly body: Uint8Array;
}

interface Batch {
  readonly id: string;
  readonly createdMs: number;
  readonly endMs: number;
  readonly canceledMs: number | undefined;
  readonly items: readonly Item[];
}

/** Answers one request of a batch: the message, or the error. */
export type AnswerItem = (body: Uint8Array) => { readonly message: object } | { readonly error: ApiError };

/** The paths of batches. */
export function batchRoutes({ seed, limits, batchMs }: World, answerItem: AnswerItem): readonly Route[] {
  const batches = new Store<Batch>(limits);
  const one = (call: Call, then: (batch: Batch) => ApiAnswer): ApiAnswer => {
    const id = call.params[0] ?? "";
    const batch = batches.get(id);
    return batch ? then(batch) : notFound(`Message batch ${id.slice(0, 100)} not found`);
  };

  const create = ({ request, nowMs, origin }: Call): ApiAnswer => {
    const items = readItems(request.body);
    if (isApiError(items)) return items;
    const id = derivedId("msgbatch", seed, batches.count, request.body);
    const batch = { id, createdMs: nowMs, endMs: nowMs + batchMs, canceledMs: undefined, items };
    batches.put(id, batch, request.body.length);
    return json(batchObject(batch, nowMs, origin, answerItem));
  };

  const cancel = (call: Call): ApiAnswer =>
    one(call, (batch) => {
      const { nowMs, origin } = call;
      if (nowMs >= batch.endMs) return invalidRequest("A batch that has ended can't be canceled");
      const canceled = { ...batch, canceledMs: batch.canceledMs ?? nowMs };
      batches.put(batch.id, canceled, sizeOf(batch));
      return json(batchObject(canceled, nowMs, origin, answerItem));
    });

  const results = (call: Call): ApiAnswer =>
    one(call, (batch) => {
      if (call.nowMs < batch.endMs) return notFound(`Message batch ${batch.id} has no results yet`);
      const lines = batch.items.map((item) => `${JSON.stringify(resultLine(item, batch, answerItem))}\n`);
      return { kind: "whole", contentType: "application/x-jsonl", body: lines.join("") };
    });

  const remove = (call: Call): ApiAnswer =>
    one(call, (batch) => {
      if (call.nowMs < batch.endMs) return invalidRequest("A batch that is in progress can't be deleted");
      batches.delete(batch.id);
      return json({ id: batch.id, type: "message_batch_deleted" });
    });

  const list = ({ nowMs, origin, query }: Call): ApiAnswer =>
    json(
      pageOf(
        batches.list().map((batch) => batchObject(batch, nowMs, origin, answerItem)),
        query,
      ),
    );

  const retrieve = (call: Call): ApiAnswer =>
    one(call, (batch) => json(batchObject(batch, call.nowMs, call.origin, answerItem)));

  const path = "\\/v1\\/messages\\/batches";
  return [
    { path: new RegExp(`^${path}$`), methods: { POST: create, GET: list } },
    { path: new RegExp(`^${path}\\/([^/]+)$`), methods: { GET: retrieve, DELETE: remove } },
    { path: new RegExp(`^${path}\\/([^/]+)\\/cancel$`), methods: { POST: cancel } },
    { path: new RegExp(`^${path}\\/([^/]+)\\/results$`), methods: { GET: results } },
  ];
}

const sizeOf = ({ items }: Batch): number => items.reduce((sum, { body }) => sum + body.length, 0);

function readItems(body: Uint8Array): readonly Item[] | ApiError {
  const fields = parseObject(body);
  const requests = fields?.["requests"];
  if (!isListOf(requests, isObject)) return invalidRequest("requests: Input should be a valid list");
  if (requests.length === 0 || requests.length > 100_000)
    return invalidRequest("requests: List should have at least 1 item and at most 100000 items");
  const items: Item[] = [];
  for (const [index, request] of (requests as JsonObject[]).entries()) {
    const { custom_id: customId, params } = request;
    if (typeof customId !== "string" || !CUSTOM_ID.test(customId))
      return invalidRequest(`requests.${index}.custom_id: String should match pattern '${CUSTOM_ID.source}'`);
    if (items.some((item) => item.customId === customId))
      return invalidRequest(`requests.${index}.custom_id: each custom_id must be unique within the batch`);
    if (!isObject(params)) return invalidRequest(`requests.${index}.params: Field required`);
    items.push({ customId, body: Buffer.from(JSON.stringify(params)) });
  }
  return items;
}

function resultLine({ customId, body }: Item, { canceledMs }: Batch, answerItem: AnswerItem): object {
  if (canceledMs !== undefined) return { custom_id: customId, result: { type: "canceled" } };
  const answer = answerItem(body);
  if ("message" in answer) return { custom_id: customId, result: { type: "succeeded", ...answer } };
  const { type, message } = answer.error;
  const error = { type: "error", error: { type, message }, request_id: null };
  return { custom_id: customId, result: { type: "errored", error } };
}

function batchObject(
  batch: Batch,
  nowMs: number,
  origin: string,
  answerItem: AnswerItem,
): { readonly id: string } {
  const { id, createdMs, endMs, canceledMs, items } = batch;
  const hasEnded = nowMs >= endMs;
  const count = { processing: 0, succeeded: 0, errored: 0, canceled: 0, expired: 0 };
  if (!hasEnded) count.processing = items.length;
  else if (canceledMs !== undefined) count.canceled = items.length;
  else for (const { body } of items) count["message" in answerItem(body) ? "succeeded" : "errored"]++;
  const time = (ms: number): string => new Date(ms).toISOString();
  return {
    id,
    type: "message_batch",
    processing_status: hasEnded ? "ended" : canceledMs === undefined ? "in_progress" : "canceling",
    request_counts: count,
    created_at: time(createdMs),
    ended_at: hasEnded ? time(endMs) : null,
    expires_at: time(createdMs + DAY_MS),
    archived_at: null,
    cancel_initiated_at: canceledMs === undefined ? null : time(canceledMs),
    results_url: hasEnded ? `${origin}/v1/messages/batches/${id}/results` : null,
  } as { readonly id: string };
}
