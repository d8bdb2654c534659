import type { KillState } from './acceptance.ts';

/** After this long without word from the topic its state counts as unknown. */
export const killUnknownAfterMs = 5_000;

/** What the kill switch says to one pool: the topic and a local file, either engages it. */
export class KillSwitchState {
  #topicEngaged = false;
  #topicKnownAtMs = Number.NEGATIVE_INFINITY;
  #fileThere = false;

  /** The topic's whole state for this pool, as it was at that moment of the monotonic clock. */
  heardTopic({ engaged, atMs }: { readonly engaged: boolean; readonly atMs: number }): void {
    if (atMs < this.#topicKnownAtMs) return;
    this.#topicEngaged = engaged;
    this.#topicKnownAtMs = atMs;
  }

  sawFile(there: boolean): void {
    this.#fileThere = there;
  }

  /** What was engaged stays so until the topic says otherwise, however long it is silent. */
  state(nowMs: number): KillState {
    if (this.#fileThere || this.#topicEngaged) return 'engaged';
    return nowMs - this.#topicKnownAtMs > killUnknownAfterMs ? 'unknown' : 'off';
  }
}
