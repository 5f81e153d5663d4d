import { expect, it } from "vitest";
import { soon } from "../../src/soon.ts";

it("gives what the promise gives, and what it rejects with", async () => {
  expect(await soon(Promise.resolve(5), "five")).toBe(5);
  await expect(soon(Promise.reject(new Error("was said")), "five")).rejects.toThrow("was said");
});

it("says what did not come", async () => {
  await expect(soon(new Promise(() => {}), "the trailers", 10)).rejects.toThrow(
    "the trailers did not come within 0.01 s",
  );
});
