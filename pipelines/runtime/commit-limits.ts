/** Commit at least this often while there is something to commit; windows that close commit at once. */
export const commitIntervalMs = { transaction: 1_000, insert: 5_000 } as const;

/**
 * While more records are known to be there, windows that close share a transaction: nobody waits for one of them by
 * itself, and a transaction costs as much as a thousand records. At the end of the log each commits at once.
 */
export const catchUpCommitMs = 250;
export const pendingOutputsMax = 5_000;
export const pendingBytesMax = 4_000_000;
