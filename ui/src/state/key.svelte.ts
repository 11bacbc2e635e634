const STORED = "modelyard.key";

/** The key of this tab, where the server wants one. It is kept as long as the tab, and asked for once. */
class Key {
  value = $state<string | null>(sessionStorage.getItem(STORED));
  /** Whether whoever sits there is being asked. */
  asking = $state(false);
  #answered: ((given: boolean) => void)[] = [];

  /** Wait for a key; false where none was given. Many may wait for the same one. */
  wanted(): Promise<boolean> {
    this.asking = true;
    return new Promise((resolve) => this.#answered.push(resolve));
  }

  /** This is the key; null means that there will be none. */
  give(value: string | null): void {
    if (value !== null) this.keep(value);
    this.asking = false;
    for (const resolve of this.#answered.splice(0)) resolve(value !== null);
  }

  /** Use this key from now on; null means to do without. */
  keep(value: string | null): void {
    this.value = value;
    if (value === null) sessionStorage.removeItem(STORED);
    else sessionStorage.setItem(STORED, value);
  }
}

export const key = new Key();
