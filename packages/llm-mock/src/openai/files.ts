/** Files: left, listed, given back, deleted. */

import { type ApiAnswer, type Call, json } from "../api.ts";
import { apiError } from "../api-error.ts";
import { derivedLetters } from "../ids.ts";
import { readForm } from "../multipart.ts";
import { headerOf, type World } from "../provider.ts";
import { Store } from "../store.ts";
import { invalid, missing, wrongValue } from "./errors.ts";

const PURPOSES = ["assistants", "batch", "fine-tune", "vision", "user_data", "evals"];

interface StoredFile {
  readonly object: { readonly id: string };
  readonly bytes: Uint8Array;
}

/** What the paths of files do. */
export interface FileHandlers {
  readonly upload: (call: Call) => ApiAnswer;
  readonly list: () => ApiAnswer;
  readonly retrieve: (id: string) => ApiAnswer;
  readonly remove: (id: string) => ApiAnswer;
  readonly content: (id: string) => ApiAnswer;
}

/** Files of one mock. */
export function fileHandlers({ seed, limits }: World): FileHandlers {
  const files = new Store<StoredFile>(limits);
  const one = (id: string, then: (file: StoredFile) => ApiAnswer): ApiAnswer => {
    const file = files.get(id);
    if (file) return then(file);
    return apiError(404, "invalid_request_error", `No such File object: ${id.slice(0, 100)}`, {
      param: "id",
      code: null,
    });
  };
  return {
    upload: ({ request, nowMs }) => {
      const form = readForm(headerOf(request, "content-type") ?? "", request.body);
      if (!form) return invalid("Expected a multipart/form-data body.");
      const part = form.find(({ name }) => name === "file");
      if (!part) return missing("file");
      const purpose = form.find(({ name }) => name === "purpose");
      if (!purpose) return missing("purpose");
      const wanted = Buffer.from(purpose.bytes).toString();
      if (!PURPOSES.includes(wanted)) return wrongValue("purpose", wanted, PURPOSES);
      const id = `file-${derivedLetters(22, "file", seed, files.count, part.bytes)}`;
      const object = {
        id,
        object: "file",
        bytes: part.bytes.length,
        created_at: Math.floor(nowMs / 1000),
        filename: part.filename ?? "file",
        purpose: wanted,
        status: "processed",
        expires_at: null,
        status_details: null,
      };
      files.put(id, { object, bytes: part.bytes }, part.bytes.length);
      return json(object);
    },
    list: () => {
      const data = files.list().map(({ object }) => object);
      const ends = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
      return json({ object: "list", data, has_more: false, ...ends });
    },
    retrieve: (id) => one(id, ({ object }) => json(object)),
    remove: (id) =>
      one(id, () => {
        files.delete(id);
        return json({ id, object: "file", deleted: true });
      }),
    content: (id) =>
      one(id, ({ bytes }) => ({ kind: "whole", contentType: "application/octet-stream", body: bytes })),
  };
}
