/** How much is done to real processes: a little in `npm test`, all of it in `npm run test:faults`. */
export interface Extent {
  /** Worlds of kills on each log, each with a seed of its own. */
  readonly killSeeds: number;
  /** A death at every named point, or at a few of them. */
  readonly everyPoint: boolean;
  /** How often all workers come, go, die and freeze. */
  readonly workerRounds: number;
  /** How often the broker is stopped in order, and how often it is killed. */
  readonly brokerStops: number;
}

const short: Extent = { killSeeds: 1, everyPoint: false, workerRounds: 1, brokerStops: 1 };
const long: Extent = { killSeeds: 20, everyPoint: true, workerRounds: 5, brokerStops: 5 };

const wanted = process.env['DYNO_FAULTS'] === 'long' ? long : short;

/** DYNO_KILL_SEEDS=N: other than that many worlds of kills. */
export const extent: Extent = { ...wanted, killSeeds: Number(process.env['DYNO_KILL_SEEDS'] ?? wanted.killSeeds) };
