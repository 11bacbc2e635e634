import { askJson } from "../api/client";
import type { Offer } from "./offers";

/** What there is to ask for. */
class Offers {
  all = $state.raw<readonly Offer[]>([]);
  /** Whether it was asked for already. */
  known = $state(false);

  async refresh(): Promise<void> {
    try {
      this.all = (await askJson<{ data: Offer[] }>("v1/models")).data;
    } catch {
      // What was known stays.
    }
    this.known = true;
  }
}

export const offers = new Offers();
