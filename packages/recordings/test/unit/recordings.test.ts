import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { soon } from "@faultwire/testkit/soon";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  encodeRecording,
  type LeftReason,
  openRecorder,
  type RecordedExchange,
  type RecordedRequest,
  Recordings,
  RecordingsError,
  readRecordings,
} from "../../src/index.ts";
import { bytesOf, exchange, question, responseText } from "../support/exchange.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "faultwire-recordings-"));
});
afterEach(() => rm(folder, { recursive: true }));

const asks = (body: string, more: Partial<RecordedRequest> = {}): RecordedRequest => ({
  ...exchange(body, "").request,
  headers: [],
  ...more,
});

describe("which recording answers", () => {
  const recordings = (): Recordings =>
    new Recordings([
      exchange('{"a":1,"b":[{"c":2,"d":3}]}', "first"),
      exchange('{"a":1,"b":[{"c":2,"d":3}]}', "second"),
      exchange("no json", "third"),
    ]);
  const text = (all: Recordings, request: RecordedRequest): string | undefined => {
    const { exchange: found } = all.take(request);
    return found && responseText(found).split("\r\n\r\n")[1];
  };

  it("is the one with the same body, whatever the order of its members; in turn, and then the last again", () => {
    const all = recordings();
    const request = asks('{ "b": [{"d":3,"c":2}], "a": 1 }');
    expect([1, 2, 3].map(() => text(all, request))).toEqual(["first", "second", "second"]);
    expect(text(all, asks("no json"))).toBe("third");
  });

  it("is found by a request whose key was masked when it was recorded", () => {
    const masked = new Recordings([exchange('{"note":"[masked]"}', "masked")]);
    expect(text(masked, asks('{"note":"sk-ant-api03-abcdefgh1234"}'))).toBe("masked");
  });

  it.each([
    [
      "another value",
      asks('{"a":1,"b":[{"c":2,"d":4}]}'),
      "POST /v1/messages at api.test was recorded 3 times with other bodies; the nearest differs at $.b[0].d",
    ],
    ["the start of a body", asks("{"), "the nearest differs at byte 1"],
    ["another text", asks("no jazz"), "the nearest differs at byte 4"],
    ["another order in a list", asks('{"a":1,"b":[]}'), "differs at $.b[0]"],
    [
      "another path",
      asks("", { target: "/v1/models", method: "GET" }),
      "GET /v1/models at api.test was not recorded; of this host: POST /v1/messages",
    ],
    [
      "another host",
      asks("", { host: "other.test" }),
      "nothing was recorded of other.test; of other hosts: api.test",
    ],
  ])("is none, with what is nearest: %s", (_name, request, why) => {
    const found = recordings().take(request);
    expect(found.exchange).toBeUndefined();
    expect(found).toMatchObject({ why: expect.stringContaining(why) });
  });
});

it.each([
  [5, "of other hosts: a0.test, a1.test, a2.test, a3.test, a4.test"],
  [6, "of other hosts: a0.test, a1.test, a2.test, a3.test, a4.test and 1 more"],
])("of %i hosts five are named, and how many more there are", (count, why) => {
  const all = Array.from({ length: count }, (_, at): RecordedExchange => {
    const of = exchange("", "");
    return { ...of, request: { ...of.request, host: `a${at}.test` } };
  });
  const found = new Recordings(all).take(asks("", { host: "other.test" }));
  expect(found).toEqual({ exchange: undefined, why: `nothing was recorded of other.test; ${why}` });
});

describe("a folder", () => {
  it("gets a file for each exchange, for its owner alone, with numbers that go on behind those that are there", async () => {
    const left: LeftReason[] = [];
    const record = async (): Promise<void> => {
      const recorder = await openRecorder({
        folder: join(folder, "new"),
        left: (reason) => left.push(reason),
      });
      const tap = recorder.tap({ scheme: "https", host: "api.test", protocol: "http/1.1" });
      for (let count = 0; count < 2; count++) {
        tap?.toUpstream(bytesOf(question));
        tap?.fromUpstream(bytesOf("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
      }
      await soon(recorder.close(), "the end of the recorder");
      expect(recorder.written()).toBe(2);
    };
    await record();
    await record();
    expect(left).toEqual([]);
    const names = await readdir(join(folder, "new"));
    expect(names.sort()).toEqual(
      [1, 2, 3, 4].map((number) => `00000${number}-POST-api.test-v1-messages.json`),
    );
    expect((await stat(join(folder, "new"))).mode & 0o777).toBe(0o700);
    for (const name of names) {
      expect((await stat(join(folder, "new", name))).mode & 0o777).toBe(0o600);
      expect(await readFile(join(folder, "new", name), "utf8")).not.toContain("abcdefgh");
    }
    const recordings = await readRecordings(join(folder, "new"));
    expect(recordings.size).toBe(4);
    expect(recordings.origins).toEqual([{ scheme: "https", host: "api.test" }]);
  });

  it("that two runs record into at once keeps the exchanges of both", async () => {
    const open = (): ReturnType<typeof openRecorder> => openRecorder({ folder: join(folder, "both") });
    const recorders = [await open(), await open()];
    for (const recorder of recorders) {
      const tap = recorder.tap({ scheme: "https", host: "api.test", protocol: "http/1.1" });
      for (let count = 0; count < 3; count++) {
        tap?.toUpstream(bytesOf(question));
        tap?.fromUpstream(bytesOf("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
      }
    }
    for (const recorder of recorders) await recorder.close();
    expect(recorders.map((recorder) => recorder.written())).toEqual([3, 3]);
    expect((await readRecordings(join(folder, "both"))).size).toBe(6);
  });

  it("in which a killed run left half a file is recorded into all the same", async () => {
    await mkdir(join(folder, "killed"));
    await writeFile(join(folder, "killed", "000001-POST-api.test-v1-messages.json.part"), "");
    const recorder = await openRecorder({ folder: join(folder, "killed") });
    const tap = recorder.tap({ scheme: "https", host: "api.test", protocol: "http/1.1" });
    tap?.toUpstream(bytesOf(question));
    tap?.fromUpstream(bytesOf("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    await recorder.close();
    expect(recorder.written()).toBe(1);
  });

  it("that can't be written stops the recording, and says so once", async () => {
    const failed: Error[] = [];
    const recorder = await openRecorder({ folder: join(folder, "x"), failed: (error) => failed.push(error) });
    await rm(join(folder, "x"), { recursive: true });
    const tap = recorder.tap({ scheme: "http", host: "h", protocol: "http/1.1" });
    for (let count = 0; count < 3; count++) {
      tap?.toUpstream(bytesOf(question));
      tap?.fromUpstream(bytesOf("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    }
    await recorder.close();
    expect(recorder.written()).toBe(0);
    expect(failed).toHaveLength(1);
  });

  it("that is a file can't be recorded into, and one without recordings can't be read", async () => {
    await writeFile(join(folder, "file"), "");
    await expect(openRecorder({ folder: join(folder, "file") })).rejects.toThrow(
      /can't be kept in .*file \(EEXIST\)/,
    );
    await expect(openRecorder({ folder: "" })).rejects.toThrow("recordings need a folder; its name is empty");
    await expect(openRecorder({ folder: "/proc/none/of/these" })).rejects.toThrow(
      /can't be kept in .*\(ENOENT\)/,
    );
    await expect(readRecordings(join(folder, "none"))).rejects.toThrow(
      /can't be read from .*none \(ENOENT\)/,
    );
    await expect(readRecordings(folder)).rejects.toThrow(/holds no recording/);
    await expect(readRecordings(folder)).rejects.toThrow(RecordingsError);
  });

  it("with something else in it is refused, with the name of the file", async () => {
    await writeFile(join(folder, "000001-a.json"), encodeRecording(exchange("", "")));
    await mkdir(join(folder, "000002-b.json"));
    await expect(readRecordings(folder, { maxFolderBytes: 100 })).rejects.toThrow(
      /holds more than the 100 bytes of recordings that are read/,
    );
    await expect(readRecordings(folder)).rejects.toThrow(/000002-b\.json is no regular file/);
    await rm(join(folder, "000002-b.json"), { recursive: true });
    execFileSync("mkfifo", [join(folder, "000002-c.json")]);
    await expect(readRecordings(folder)).rejects.toThrow(/000002-c\.json is no regular file/);
    await rm(join(folder, "000002-c.json"));
    await writeFile(join(folder, "notes.json"), "{}");
    await expect(readRecordings(folder)).rejects.toThrow(/notes\.json is no recording: format should be/);
  });
});
