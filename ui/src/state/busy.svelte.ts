/** How much the playground is waiting for, so that the menu can show it while other pages are looked at. */
class Busy {
  count = $state(0);

  /** Something has begun; returns how to say that it has ended. */
  begin(): () => void {
    this.count += 1;
    return () => (this.count -= 1);
  }
}

export const busy = new Busy();
