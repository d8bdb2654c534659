import type { GroupOffset } from '../../log/port.ts';

/**
 * How often the task was taken over, in the metadata of its offsets. A successor writes it before its first insert, so
 * that an owner who wakes finds other offsets than its own although nobody has come further yet.
 */
export const takeOversIn = (offsets: readonly (GroupOffset | undefined)[]): number =>
  Math.max(0, ...offsets.map((offset) => (offset === undefined ? 0 : numberIn(offset.metadata))));

export const markedWith = (takeOvers: number, offsets: readonly GroupOffset[]): GroupOffset[] =>
  offsets.map((offset) => ({ ...offset, metadata: markedText(offset.metadata, takeOvers) }));

/** Every metadata is a JSON object of ours; what another tool wrote is left alone. */
function markedText(metadata: string, takeOvers: number): string {
  const known = objectIn(metadata);
  return known === undefined ? metadata : JSON.stringify({ ...known, takeOvers });
}

function numberIn(metadata: string): number {
  const value = objectIn(metadata)?.['takeOvers'];
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : 0;
}

function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
