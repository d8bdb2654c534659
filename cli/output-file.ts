import { DynoError, messageOf } from '../base/errors.ts';

/** A reader that has had enough, as `| head` does: no fault. */
export const isClosedPipe = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'EPIPE';

export const unwritable = (file: string, cause: unknown): DynoError =>
  new DynoError(
    'DYNO_CLI_FILE_UNWRITABLE',
    `${file} cannot be written (${messageOf(cause)}); name a file in a folder that exists and that you may write to`,
    { cause, details: { file } },
  );
