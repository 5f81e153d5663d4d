/**
 * A lock for many readers or one writer, in the order in which they asked: a waiting writer holds up the readers
 * behind it. The host guards its list of plugins so, which is why a health check that hangs stops new tunnels.
 */
export class FairLock {
  readonly #queue: { readonly write: boolean; readonly grant: () => void }[] = [];
  #readers = 0;
  #writing = false;

  /** Runs `use` together with other readers. */
  async read<T>(use: () => T | Promise<T>): Promise<T> {
    await this.#acquire(false);
    try {
      return await use();
    } finally {
      this.#readers--;
      this.#next();
    }
  }

  /** Runs `use` alone. */
  async write<T>(use: () => T | Promise<T>): Promise<T> {
    await this.#acquire(true);
    try {
      return await use();
    } finally {
      this.#writing = false;
      this.#next();
    }
  }

  #acquire(write: boolean): Promise<void> {
    return new Promise((grant) => {
      this.#queue.push({ write, grant });
      this.#next();
    });
  }

  #next(): void {
    for (;;) {
      const first = this.#queue[0];
      if (!first || this.#writing || (first.write && this.#readers > 0)) return;
      this.#queue.shift();
      if (first.write) this.#writing = true;
      else this.#readers++;
      first.grant();
    }
  }
}
