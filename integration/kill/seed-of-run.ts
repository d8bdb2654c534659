/** The seed of a run's chance: the same one each time, so that a failure can be had again. DYNO_SEED=N is another, DYNO_SEED=random one of chance. */
export function seedOfRun(given = process.env['DYNO_SEED']): number {
  if (given === undefined || given === '') return 1;
  if (given === 'random') return Date.now() % 1_000_000;
  const seed = Number(given);
  if (!Number.isSafeInteger(seed)) throw new Error(`DYNO_SEED=${given} is neither a whole number nor "random"`);
  return seed;
}
