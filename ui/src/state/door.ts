/** Closed until the event stream has met the server, which no worker of a browser asks a person about: a page that is
 *  refused before would have the browser ask for a name and a password, in a window that shuts the page out. */
class Door {
  #open: () => void = () => undefined;
  readonly opened = new Promise<void>((resolve) => (this.#open = resolve));

  open(): void {
    this.#open();
  }
}

export const door = new Door();
