/** Calls after which a caller in a tight loop lets the event loop run: commits here are synchronous and so fast that awaiting them alone would starve timers and sockets. */
const callsBetweenTurns = 16;

export class Turns {
  #calls = 0;

  async pass(): Promise<void> {
    this.#calls += 1;
    if (this.#calls % callsBetweenTurns !== 0) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
