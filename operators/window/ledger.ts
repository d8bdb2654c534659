/** What became of every record but ticks. `in` is the sum of the five classes, at every commit. */
export interface Ledger {
  in: number;
  windowed: number;
  undecodable: number;
  skewed: number;
  late: number;
  duplicate: number;
}

export type RecordClass = Exclude<keyof Ledger, 'in'>;

export const emptyLedger = (): Ledger => ({
  in: 0,
  windowed: 0,
  undecodable: 0,
  skewed: 0,
  late: 0,
  duplicate: 0,
});

/** True when every record is accounted for exactly once. */
export const addsUp = (ledger: Ledger): boolean =>
  ledger.in === ledger.windowed + ledger.undecodable + ledger.skewed + ledger.late + ledger.duplicate;
