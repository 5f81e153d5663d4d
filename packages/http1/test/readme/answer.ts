import { encodeResponse, RequestReader } from "@faultwire/http1";

/** Answers every complete request of a connection; `undefined` where it can't be read as HTTP/1.1 any more. */
export function answersTo(chunks: readonly Uint8Array[]): Uint8Array[] | undefined {
  const reader = new RequestReader();
  const answers: Uint8Array[] = [];
  let method = "";
  for (const chunk of chunks)
    for (const item of reader.push(chunk)) {
      if (item.kind === "head") method = item.method;
      else if (item.kind === "malformed") return undefined;
      else if (item.kind === "end")
        answers.push(encodeResponse({ status: 503, headers: [], body: new Uint8Array(0) }, { method }));
    }
  return answers;
}
