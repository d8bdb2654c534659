import { createRequire } from 'node:module';

interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
}

type Scheduled = (this: RequestQueue) => void;

/**
 * kafkajs 2.2.4 looks at the waiting requests of each connection again and again, and where none waits and no broker
 * throttles, after a delay below zero: a timer every millisecond for each connection, about 3 % of a core for an idle
 * producer. Without a request waiting there is nothing to look at; whatever queues one asks for the look itself.
 */
export function quietConnections(): void {
  const queue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js') as {
    readonly prototype: { scheduleCheckPendingRequests: Scheduled };
  };
  const schedule = queue.prototype.scheduleCheckPendingRequests;
  if (typeof schedule !== 'function')
    throw new Error('this is not kafkajs 2.2.4: its request queue is not where it was');
  if (schedule.name === quietSchedule) return;
  const quietly: Scheduled = function () {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
  };
  Object.defineProperty(quietly, 'name', { value: quietSchedule });
  queue.prototype.scheduleCheckPendingRequests = quietly;
}

const quietSchedule = 'scheduleOnlyWhenSomethingWaits';
