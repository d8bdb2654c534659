import type { Log } from '../../../log/port.ts';
import { type RunningRegistry, startRegistry } from '../../../log/registry/start-registry.ts';

/** Our registry at an address that stays while it comes and goes. */
export class SwitchedRegistry {
  readonly url: string;
  readonly #log: Log;
  #running: RunningRegistry | undefined;

  private constructor(log: Log, running: RunningRegistry) {
    this.url = running.url;
    this.#log = log;
    this.#running = running;
  }

  static async start(log: Log): Promise<SwitchedRegistry> {
    return new SwitchedRegistry(log, await startRegistry({ log }));
  }

  async close(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.close();
  }

  async reopen(): Promise<void> {
    this.#running = await startRegistry({ log: this.#log, port: Number(new URL(this.url).port) });
  }
}
