interface Answer {
  readonly meta: readonly { readonly name: string; readonly type: string }[];
  readonly data: readonly (readonly unknown[])[];
}

/** ClickHouse's JSONCompact as columns for people: numbers to the right, NULL as –. */
export function tableText(jsonCompact: string): string {
  if (jsonCompact.trim() === '') return '';
  const { meta, data } = JSON.parse(jsonCompact) as Answer;
  const rows = [meta.map(({ name }) => name), ...data.map((row) => row.map(cellText))];
  const widths = meta.map((_, column) => Math.max(...rows.map((row) => [...(row[column] ?? '')].length)));
  const right = meta.map(({ type }) => /^(?:Nullable\()?(?:U?Int|Float|Decimal)/.test(type));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (right[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

function cellText(value: unknown): string {
  if (value === null) return '–';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.replaceAll('\n', '\\n').replaceAll('\t', '\\t');
}
