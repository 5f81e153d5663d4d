import { describe, expect, it } from "vitest";
import { FairLock } from "../../src/plugins/fair-lock.ts";
import { held } from "../suite/host-under-test.ts";

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("the fair lock", () => {
  it("lets readers in together", async () => {
    const lock = new FairLock();
    const first = held<string>();
    const reading = lock.read(() => first.promise);
    expect(await lock.read(() => "second")).toBe("second");
    first.release("first");
    expect(await reading).toBe("first");
  });

  it("a waiting writer holds up the readers behind it", async () => {
    const lock = new FairLock();
    const order: string[] = [];
    const first = held<void>();
    const reading = lock.read(() => first.promise);
    const writing = lock.write(() => void order.push("writer"));
    const behind = lock.read(() => void order.push("reader"));
    await settle();
    expect(order).toEqual([]);
    first.release();
    await Promise.all([reading, writing, behind]);
    expect(order).toEqual(["writer", "reader"]);
  });

  it("is free again after a failure", async () => {
    const lock = new FairLock();
    await expect(lock.write(() => Promise.reject(new Error("failed on purpose")))).rejects.toThrow(
      "on purpose",
    );
    await expect(lock.read(() => Promise.reject(new Error("failed on purpose")))).rejects.toThrow(
      "on purpose",
    );
    expect(await lock.write(() => "free")).toBe("free");
  });
});
