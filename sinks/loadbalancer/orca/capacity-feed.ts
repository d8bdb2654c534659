import { type Clock, systemClock } from '../../../base/clock.ts';
import { messageOf } from '../../../base/errors.ts';
import { logLines } from '../../../base/log-lines.ts';

export interface CapacityFeedOptions {
  /** Of Overwatch, `http://overwatch:8080`. */
  readonly overwatchUrl: string;
  readonly tier: string;
  /** What this host is, as the topology names it. */
  readonly generation: string;
  readonly build: string;
  readonly clock?: Clock;
  /** Answers a URL with the parsed JSON, or rejects; tests give one. */
  readonly getJson?: (url: string) => Promise<unknown>;
}

/** A result of load tests comes once in hours. */
const askEveryMs = 60_000;
/** After a failure; 10,000 servers that ask so often are 1,000 requests/s, each served from memory. */
const askAgainMs = 10_000;
const askTimeoutMs = 5_000;

const lines = logLines('sinks');

/**
 * Keeps what a host of this kind can take, λ100, as `GET /api/capacity` of Overwatch tells it: of this build, else the
 * newest one of this generation, as a new build has no load test behind it yet. Overwatch away = what it said last.
 */
export class CapacityFeed {
  readonly #options: CapacityFeedOptions;
  readonly #clock: Clock;
  #lambda100: number | undefined;
  #cancel: () => void = () => {};
  #stopped = false;

  constructor(options: CapacityFeedOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Load at which mean contention is 100 ms, hits/s of one host; undefined = no load test has told it. */
  get lambda100(): number | undefined {
    return this.#lambda100;
  }

  /** Asks at once and then every minute, until `stop`. Never rejects: who cannot be asked now is asked again. */
  async start(): Promise<void> {
    const { overwatchUrl, tier, getJson = getJsonByHttp } = this.#options;
    let nextMs = askEveryMs;
    try {
      const answer = await getJson(new URL(`/api/capacity?tier=${encodeURIComponent(tier)}`, overwatchUrl).href);
      this.#lambda100 = lambda100In(answer, this.#options);
    } catch (error) {
      nextMs = askAgainMs;
      lines.warn({ event: 'capacity_unknown', tier, error: messageOf(error) }, 'Overwatch does not tell the capacity.');
    }
    if (!this.#stopped) this.#cancel = this.#clock.after(nextMs, () => void this.start());
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }
}

/** undefined = the answer, newest result first, has none of this generation. Throws for what is not such an answer. */
export function lambda100In(
  answer: unknown,
  { generation, build }: Pick<CapacityFeedOptions, 'generation' | 'build'>,
): number | undefined {
  const listed = field(answer, 'capacity');
  if (!Array.isArray(listed)) throw new Error('the answer has no list "capacity"');
  const rows = (listed as readonly unknown[]).filter((row) => field(row, 'generation') === generation);
  const row = rows.find((found) => field(found, 'build') === build) ?? rows[0];
  const lambda100 = field(row, 'lambda100');
  return typeof lambda100 === 'number' && lambda100 > 0 ? lambda100 : undefined;
}

const field = (of: unknown, name: string): unknown =>
  typeof of === 'object' && of !== null ? new Map<string, unknown>(Object.entries(of)).get(name) : undefined;

async function getJsonByHttp(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(askTimeoutMs) });
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  return response.json();
}
