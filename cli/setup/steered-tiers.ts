import { readFileSync } from 'node:fs';
import { DynoError } from '../../base/errors.ts';
import { parseLoadTests } from '../../schemas/loadtests-file.ts';

/**
 * Tiers that the file names; undefined where there is no file, or none that can be read and understood. A command that
 * stops a test must work beside a broken file: whoever starts the stage hears of that.
 */
export function steeredTiersIn(path: string | undefined): readonly string[] | undefined {
  if (path === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  try {
    return parseLoadTests({ file: path, text }).tiers.map(({ tier }) => tier);
  } catch (error) {
    if (error instanceof DynoError) return undefined;
    throw error;
  }
}
