import { dash } from './format.ts';

interface Estimate {
  readonly lambda100: number | null;
  readonly lo: number | null;
  readonly hi: number | null;
}

/** A capacity is never shown without its 95 % interval, where it has one. */
export function capacityText({ lambda100, lo, hi }: Estimate): string {
  if (lambda100 === null) return dash;
  return lo === null || hi === null
    ? lambda100.toFixed(1)
    : `${lambda100.toFixed(1)} (${lo.toFixed(1)}–${hi.toFixed(1)})`;
}

export function rcuText(row: {
  readonly rcu: number | null;
  readonly rcu_lo: number | null;
  readonly rcu_hi: number | null;
}): string {
  const { rcu, rcu_lo: lo, rcu_hi: hi } = row;
  if (rcu === null || lo === null || hi === null) return dash;
  return lo === hi ? rcu.toFixed(2) : `${rcu.toFixed(2)} (${lo.toFixed(2)}–${hi.toFixed(2)})`;
}

export const dayAndTime = (ms: number): string =>
  new Date(ms).toLocaleString('en-GB', { day: '2-digit', month: 'short', hour: '2-digit', minute: '2-digit' });
