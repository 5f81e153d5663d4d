import { expect, it } from "vitest";
import { bringToDisk } from "../../src/store/private-file.ts";

/** A file whose `sync` ends with this. */
const ending = (how: () => Promise<void>) => ({ sync: how });

it("waits for the disk", async () => {
  let isDone = false;
  await bringToDisk(
    ending(async () => {
      await Promise.resolve();
      isDone = true;
    }),
  );
  expect(isDone).toBe(true);
});

it("goes on where handles have no sync, as with Yarn's Plug'n'Play", async () => {
  const missing = ending(() => Promise.reject(new Error("Method not implemented.")));
  await expect(bringToDisk(missing)).resolves.toBeUndefined();
});

it("tells what the disk refuses", async () => {
  const full = ending(() => Promise.reject(Object.assign(new Error("no space"), { code: "ENOSPC" })));
  await expect(bringToDisk(full)).rejects.toThrow("no space");
});
