export interface SkippedTest {
  readonly name: string;
  /** Why, and how to get it; empty where the test does not say. */
  readonly reason: string;
}

/** What was skipped, grouped by its reason, for the end of a run; empty when nothing was. */
export function skipSummary(skipped: readonly SkippedTest[]): string {
  if (skipped.length === 0) return '';
  const byReason = new Map<string, string[]>();
  for (const { name, reason } of skipped) {
    const why = reason === '' ? 'no reason given' : reason;
    byReason.set(why, [...(byReason.get(why) ?? []), name]);
  }
  const lines = [...byReason].flatMap(([why, names]) => [`  because: ${why}`, ...names.map((name) => `    - ${name}`)]);
  return `\nSkipped on this machine (${skipped.length}):\n${lines.join('\n')}\n`;
}
