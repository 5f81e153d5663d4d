/** Environment variables as one platform sees them: on Windows `Path` and `PATH` are the same variable. */
export class Variables {
  readonly #values = new Map<string, { readonly name: string; readonly value: string }>();
  readonly #isCaseless: boolean;

  constructor(environment: Readonly<Record<string, string | undefined>>, platform: NodeJS.Platform) {
    this.#isCaseless = platform === "win32";
    for (const [name, value] of Object.entries(environment)) if (value !== undefined) this.set(name, value);
  }

  #key(name: string): string {
    return this.#isCaseless ? name.toUpperCase() : name;
  }

  /** The value of a variable. An empty one counts as unset, as programs have it. */
  value(name: string): string | undefined {
    return this.#values.get(this.#key(name))?.value || undefined;
  }

  /** The value of the first of the variables that has one. */
  first(...names: readonly string[]): string | undefined {
    for (const name of names) {
      const value = this.value(name);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  /** Sets a variable. A variable of the same name stays under the spelling that it has. */
  set(name: string, value: string): void {
    const key = this.#key(name);
    this.#values.set(key, { name: this.#values.get(key)?.name ?? name, value });
  }

  /** Takes a variable away. */
  remove(name: string): void {
    this.#values.delete(this.#key(name));
  }

  /** All variables, under the names that they came with. */
  all(): Record<string, string> {
    return Object.fromEntries([...this.#values.values()].map(({ name, value }) => [name, value]));
  }
}
