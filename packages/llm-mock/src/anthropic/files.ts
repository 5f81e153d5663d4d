/** Files: left, listed, given back, deleted. */
import { type ApiAnswer, type Call, json, type Route } from "../api.ts";
import { derivedId } from "../ids.ts";
import { readForm } from "../multipart.ts";
import { headerOf, type World } from "../provider.ts";
import { Store } from "../store.ts";
import { invalidRequest, notFound } from "./errors.ts";

interface StoredFile {
  readonly metadata: { readonly id: string; readonly mime_type: string };
  readonly bytes: Uint8Array;
}

/** The paths of files. */
export function fileRoutes({ seed, limits }: World): readonly Route[] {
  const files = new Store<StoredFile>(limits);
  const one = ({ params }: Call, then: (file: StoredFile) => ApiAnswer): ApiAnswer => {
    const file = files.get(params[0] ?? "");
    return file ? then(file) : notFound(`File not found: ${(params[0] ?? "").slice(0, 100)}`);
  };

  const upload = ({ request, nowMs }: Call): ApiAnswer => {
    const form = readForm(headerOf(request, "content-type") ?? "", request.body);
    if (!form) return invalidRequest("The request body is not a valid multipart form");
    const part = form.find(({ name }) => name === "file");
    if (!part) return invalidRequest("file: Field required");
    const id = derivedId("file", seed, files.count, part.bytes);
    const metadata = {
      id,
      type: "file",
      filename: part.filename ?? "file",
      mime_type: part.contentType ?? "application/octet-stream",
      size_bytes: part.bytes.length,
      created_at: new Date(nowMs).toISOString(),
      // The API lets what a client has left be used, and not be taken back; a mock has no secret to keep.
      downloadable: true,
    };
    files.put(id, { metadata, bytes: part.bytes }, part.bytes.length);
    return json(metadata);
  };

  const list = (): ApiAnswer => {
    const data = files.list().map(({ metadata }) => metadata);
    const ends = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
    return json({ data, has_more: false, next_page: null, ...ends });
  };

  const remove = (call: Call): ApiAnswer =>
    one(call, ({ metadata: { id } }) => {
      files.delete(id);
      return json({ id, type: "file_deleted" });
    });

  return [
    { path: /^\/v1\/files$/, methods: { GET: list, POST: upload } },
    {
      path: /^\/v1\/files\/([^/]+)$/,
      methods: { GET: (call) => one(call, ({ metadata }) => json(metadata)), DELETE: remove },
    },
    {
      path: /^\/v1\/files\/([^/]+)\/content$/,
      methods: {
        GET: (call) =>
          one(call, ({ metadata, bytes }) => ({
            kind: "whole",
            contentType: metadata.mime_type,
            body: bytes,
          })),
      },
    },
  ];
}
