// What test files cost, by the tests of them that are asked: which to try first, and when one does not end.

export class Costs {
  #files = new Map();

  /** What a file took without any change, and each of its tests, by id. In ms. */
  add(file, ms, tests) {
    this.#files.set(file, { ms, tests });
  }

  /**
   * What these tests of a file take, and the longest step of it: a test, or what is made for all of them. Every test where
   * `ids` is null. In ms.
   */
  of(file, ids) {
    const { ms, tests } = this.#files.get(file);
    const around = Math.max(0, ms - sum(Object.values(tests)));
    const asked = (ids ?? Object.keys(tests)).map((id) => tests[id] ?? 0);
    return { ms: around + sum(asked), longest: Math.max(around, ...asked) };
  }

  /** Files with the tests that are asked of each: the one with the name of the source first, then the quick ones. */
  inOrder(asked, stem) {
    const rank = (file) => (stem !== "" && file.includes(stem) ? 0 : 1);
    return [...asked.keys()].sort(
      (a, b) =>
        rank(a) - rank(b) || this.of(a, asked.get(a)).ms - this.of(b, asked.get(b)).ms || (a < b ? -1 : 1),
    );
  }

  /**
   * The quickest of these tests, as many as took `seconds` together without any change, and how many others there are: of
   * each file in turn its quickest ones, so that no file is left out for the sake of another.
   */
  within(asked, seconds) {
    const each = [...asked].flatMap(([file, ids]) => {
      const { ms, tests } = this.#files.get(file);
      const around = Math.max(0, ms - sum(Object.values(tests)));
      // A file is asked as a whole where nobody knows which of its tests counts.
      if (ids === null) return [{ file, id: null, ms, turn: 0 }];
      const quick = ids.toSorted((a, b) => (tests[a] ?? 0) - (tests[b] ?? 0));
      return quick.map((id, turn) => ({ file, id, ms: (tests[id] ?? 0) + (turn === 0 ? around : 0), turn }));
    });
    const chosen = new Map();
    let left = 1000 * seconds;
    let isOver = false;
    let others = 0;
    for (const { file, id, ms } of each.sort((a, b) => a.turn - b.turn || a.ms - b.ms)) {
      isOver ||= ms > left && chosen.size > 0;
      if (isOver) {
        others++;
        continue;
      }
      left -= ms;
      chosen.set(file, id === null ? null : [...(chosen.get(file) ?? []), id]);
    }
    return { chosen, others };
  }

  /** How long a test may take, and a file: several times what the slowest of them did. In ms. */
  limits(asked) {
    const costs = [...asked].map(([file, ids]) => this.of(file, ids));
    const timeoutMs = Math.round(Math.max(20_000, 5 * Math.max(...costs.map(({ longest }) => longest))));
    return { timeoutMs, fileMs: timeoutMs + Math.round(4 * Math.max(...costs.map(({ ms }) => ms))) + 30_000 };
  }
}

/**
 * What became of a mutant behind two rounds of tests, the second of which is asked of what lived the first: reached by one is not
 * unreached, and tests that a round did not ask were not asked.
 */
export function withLater(before, later) {
  if (before === undefined) return later;
  const result = later.state === "unreached" ? before : later;
  return result.state === "lived" ? { ...result, others: before.others + later.others } : result;
}

const sum = (numbers) => numbers.reduce((total, each) => total + each, 0);
