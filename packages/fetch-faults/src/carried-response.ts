/** A response between the upstream and the caller: its head is known, its body is still to be pulled. */
import type { Header } from "@faultwire/http1";

/** Gives the parts of a body, as they are asked for. */
export interface BodySource {
  /** The next part; `null` at the end. Rejects where the body breaks off. One at a time. */
  read(): Promise<Uint8Array | null>;
  /** Nothing more is asked for. */
  cancel(reason: unknown): void;
}

export interface CarriedResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly Header[];
  /** Bytes that are all here; `null` where there is none, and can be none. */
  readonly body: BodySource | Uint8Array<ArrayBuffer> | null;
  /** What came from the runtime's own fetch, for what a made one can't have. */
  readonly original: Response | null;
}

/** A response that has come from upstream. */
export function carriedFrom(response: Response): CarriedResponse {
  const { status, statusText, headers, body } = response;
  return { status, statusText, headers: [...headers], body: body && streamSource(body), original: response };
}

function streamSource(stream: ReadableStream<Uint8Array>): BodySource {
  const reader = stream.getReader();
  return {
    async read() {
      const { done, value } = await reader.read();
      return done ? null : value;
    },
    cancel(reason) {
      // Its own failure has been told, or is nobody's business any more.
      reader.cancel(reason).catch(() => {});
    },
  };
}

/** A body that is here. @param failure - What it breaks off with; without it, it ends well. */
export function knownSource(parts: readonly Uint8Array[], failure?: Error): BodySource {
  const left = [...parts];
  return {
    async read() {
      const part = left.shift();
      if (part === undefined && failure !== undefined) throw failure;
      return part ?? null;
    },
    cancel() {
      left.length = 0;
    },
  };
}

/** Statuses whose responses can have no body, not even an empty one (Fetch, "null body status"). */
const bodiless: ReadonlySet<number> = new Set([101, 204, 205, 304]);

/** What the caller gets. */
export function responseOf(carried: CarriedResponse): Response {
  const { status, statusText, headers, body, original } = carried;
  const failure: Failure = { reason: undefined };
  const isNone = body === null || bodiless.has(status);
  const content = isNone ? null : body instanceof Uint8Array ? body : streamOf(body, failure);
  const response = new Response(content, { status, statusText, headers: headers.map(([...pair]) => pair) });
  return dressed(response, original, failure);
}

/** What a body failed with, once it has. */
interface Failure {
  reason: { readonly value: unknown } | undefined;
}

function streamOf(source: BodySource, failure: Failure): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const part = await source.read();
          if (part === null) controller.close();
          else controller.enqueue(part);
        } catch (error) {
          failure.reason = { value: error };
          throw error;
        }
      },
      cancel: (reason) => source.cancel(reason),
    },
    // Nothing is asked for before the caller does.
    { highWaterMark: 0 },
  );
}

/** The methods that read a whole body. */
const readers = ["text", "json", "arrayBuffer", "blob", "bytes", "formData"] as const;

/** Gives a made response what only the runtime can give: where it came from and by which way, and errors as they are. */
function dressed(response: Response, original: Response | null, failure: Failure): Response {
  const own: Record<string, unknown> = {};
  if (original !== null) {
    const { url, redirected, type } = original;
    Object.assign(own, { url, redirected, type });
  }
  const clone = response.clone.bind(response);
  own["clone"] = () => dressed(clone(), original, failure);
  for (const name of readers) {
    // Chromium says `Failed to fetch` of every stream that fails, whatever it fails with.
    const read = (response as unknown as Record<string, unknown>)[name];
    if (typeof read !== "function") continue;
    own[name] = async () => {
      try {
        return await read.call(response);
      } catch (error) {
        throw failure.reason ? failure.reason.value : error;
      }
    };
  }
  for (const [name, value] of Object.entries(own))
    Object.defineProperty(response, name, { value, configurable: true, writable: true });
  return response;
}
