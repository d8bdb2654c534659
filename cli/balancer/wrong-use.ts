import { DynoError } from '../../base/errors.ts';

export const wrongUse = (why: string, cause?: unknown): DynoError =>
  new DynoError('DYNO_USAGE_BALANCER', `${why}; see "dynoscope balancer --help"`, { cause });
