import { DynoError } from '../../../base/errors.ts';
import { catalogueVersion } from '../../../schemas/counters.ts';

/** Blocks name no counters: their columns are those of the catalogue version that they carry. */
export function expectOurCatalogue(what: string, version: number): void {
  if (version === catalogueVersion) return;
  throw new DynoError(
    'DYNO_CLICKHOUSE_CATALOGUE_VERSION',
    `a block of ${what} was written with version ${version} of the counter catalogue, this program has version ` +
      `${catalogueVersion}; let the sink of that version finish first, or raise the epoch`,
    { retryable: true, details: { version, ours: catalogueVersion } },
  );
}
