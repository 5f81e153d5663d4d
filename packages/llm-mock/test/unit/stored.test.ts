/** What clients leave with the mock: files and batches; forms, limits, time. */
import { describe, expect, it } from "vitest";
import { readForm } from "../../src/multipart.ts";
import { Store } from "../../src/store.ts";
import { askingMock, jsonIn, textIn } from "../support/ask.ts";
import { userSays } from "./anthropic-client.ts";

const headers = { "x-api-key": "k", "anthropic-version": "2026-10-21" };

describe("batches", () => {
  const requests = [
    { custom_id: "good", params: userSays("hello") },
    { custom_id: "bad", params: { ...userSays("hello"), max_tokens: 0 } },
  ];

  it("are worked on by the clock, and have results then", () => {
    let now = 1_800_000_000_000;
    const ask = askingMock({}, () => now);
    const at = (path: string, method = "GET") =>
      ask(`/v1/messages/batches${path}`, undefined, headers, method).answer;
    const { id, ...created } = jsonIn(ask("/v1/messages/batches", { requests }, headers).answer);
    expect(created).toMatchObject({
      processing_status: "in_progress",
      request_counts: { processing: 2, succeeded: 0 },
      results_url: null,
    });
    now += 999;
    expect(jsonIn(at(`/${id}`)).processing_status).toBe("in_progress");
    expect(at(`/${id}/results`)).toMatchObject({ status: 404 });
    expect(at(`/${id}`, "DELETE")).toMatchObject({ status: 400 });
    now += 1;
    expect(jsonIn(at(`/${id}`))).toMatchObject({
      processing_status: "ended",
      request_counts: { processing: 0, succeeded: 1, errored: 1 },
      results_url: `http://mock/v1/messages/batches/${id}/results`,
    });
    const lines = textIn(at(`/${id}/results`))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ custom_id, result }) => [custom_id, result.type])).toEqual([
      ["good", "succeeded"],
      ["bad", "errored"],
    ]);
    expect(jsonIn(at("")).data).toHaveLength(1);
    expect(jsonIn(at(`/${id}`, "DELETE"))).toEqual({ id, type: "message_batch_deleted" });
    expect(at(`/${id}`)).toMatchObject({ status: 404 });
  });

  it("can be canceled while they are worked on", () => {
    let now = 0;
    const ask = askingMock({}, () => now);
    const { id } = jsonIn(ask("/v1/messages/batches", { requests }, headers).answer);
    const cancel = () => ask(`/v1/messages/batches/${id}/cancel`, undefined, headers).answer;
    expect(jsonIn(cancel()).processing_status).toBe("canceling");
    now = 1000;
    expect(
      jsonIn(ask(`/v1/messages/batches/${id}`, undefined, headers, "GET").answer).request_counts.canceled,
    ).toBe(2);
    expect(cancel()).toMatchObject({ status: 400 });
  });

  it.each([
    ["no list", {}, /^requests: /],
    ["an empty one", { requests: [] }, /^requests: /],
    ["an id of no form", { requests: [{ custom_id: "a b", params: {} }] }, /^requests\.0\.custom_id: /],
    ["an id twice", { requests: [requests[0], requests[0]] }, /^requests\.1\.custom_id: .*unique/],
    ["no params", { requests: [{ custom_id: "a" }] }, /^requests\.0\.params: /],
  ])("refuse %s", (_, body, message) => {
    const { answer } = askingMock()("/v1/messages/batches", body, headers);
    expect(answer).toMatchObject({ status: 400, message: expect.stringMatching(message) });
  });
});

describe("a form", () => {
  const type = "multipart/form-data; boundary=b";
  const form = (text: string) => Buffer.from(text.replaceAll("\n", "\r\n"));
  const file =
    '--b\nContent-Disposition: form-data; name="file"; filename="a.txt"\nContent-Type: text/plain\n\ntext --b\n';

  it("is read part by part, bytes as they are", () => {
    const parts = readForm(
      type,
      form(`${file}--b\ncontent-disposition: form-data; name="purpose"\n\nbatch\n--b--\n`),
    );
    expect(parts?.map(({ bytes, ...rest }) => ({ ...rest, text: Buffer.from(bytes).toString() }))).toEqual([
      { name: "file", filename: "a.txt", contentType: "text/plain", text: "text --b" },
      { name: "purpose", filename: undefined, contentType: undefined, text: "batch" },
    ]);
    expect(readForm('multipart/form-data; boundary="b"', form(`${file}--b--\n`))).toHaveLength(1);
  });

  it.each([
    ["of another type", "text/plain", file],
    ["without a boundary", "multipart/form-data", file],
    ["without an end", type, file],
    ["with a part of no name", type, "--b\ncontent-disposition: form-data\n\nx\n--b--\n"],
    ["with a part of no head", type, "--b\nx\n--b--\n"],
    ["of nothing", type, ""],
  ])("%s is none", (_, contentType, text) => {
    expect(readForm(contentType, form(text))).toBeUndefined();
  });

  it("leaves a file, which is listed, given back and deleted; by Anthropic and by OpenAI", () => {
    const bearer = { authorization: "Bearer k" };
    const ask = askingMock();
    const body = form(`${file}--b\ncontent-disposition: form-data; name="purpose"\n\nbatch\n--b--\n`);
    for (const own of [headers, bearer]) {
      const at = (path: string, method: string) => ask(`/v1/files${path}`, undefined, own, method).answer;
      const { id } = jsonIn(ask("/v1/files", body, { ...own, "content-type": type }).answer);
      expect(jsonIn(at("", "GET")).data).toMatchObject([{ id, filename: "a.txt" }]);
      expect(textIn(at(`/${id}/content`, "GET"))).toBe("text --b");
      expect(at(`/${id}`, "DELETE").kind).toBe("whole");
      expect(at(`/${id}`, "GET")).toMatchObject({ status: 404 });
      expect(ask("/v1/files", {}, own).answer).toMatchObject({ status: 400 });
    }
  });
});

describe("a store", () => {
  const store = (maxStoredObjects: number, maxStoredBytes: number) => {
    const own = new Store<string>({ maxStoredObjects, maxStoredBytes });
    for (const name of ["a", "b", "c"]) own.put(name, name, 10);
    return own;
  };

  it("lets the oldest go past its limits, by number and by size", () => {
    expect(store(2, 1000).list()).toEqual(["c", "b"]);
    expect(store(10, 20).list()).toEqual(["c", "b"]);
    expect(store(10, 9).list()).toEqual([]);
  });

  it("counts what is replaced or deleted no more", () => {
    const own = store(10, 30);
    own.put("a", "new", 10);
    expect(own.list()).toEqual(["new", "c", "b"]);
    expect([own.delete("b"), own.delete("b")]).toEqual([true, false]);
    own.put("d", "d", 10);
    expect(own.list()).toEqual(["d", "new", "c"]);
  });
});
