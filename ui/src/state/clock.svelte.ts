/** The time, for what counts on the page; ticks four times a second while the page is seen. */
class Ticking {
  now = $state(Date.now());

  begin(): void {
    setInterval(() => {
      if (!document.hidden) this.now = Date.now();
    }, 250);
    document.addEventListener("visibilitychange", () => (this.now = Date.now()));
  }
}

export const ticking = new Ticking();
