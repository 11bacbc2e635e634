export interface Notice {
  id: number;
  text: string;
  bad: boolean;
}

const SHOWN_FOR = 6000;

/** What is said at the edge of the page for a while. */
class Notices {
  all = $state.raw<Notice[]>([]);
  #last = 0;

  say(text: string, bad = false): void {
    const notice = { id: ++this.#last, text, bad };
    this.all = [...this.all.slice(-3), notice];
    setTimeout(() => this.drop(notice.id), bad ? 2 * SHOWN_FOR : SHOWN_FOR);
  }

  drop(id: number): void {
    this.all = this.all.filter((notice) => notice.id !== id);
  }

  /** Do something; where it fails, say so. Returns whether it went well. */
  async attempt(what: string, action: () => Promise<unknown>): Promise<boolean> {
    try {
      await action();
      return true;
    } catch (error) {
      this.say(`${what}: ${error instanceof Error ? error.message : String(error)}`, true);
      return false;
    }
  }
}

export const notices = new Notices();
