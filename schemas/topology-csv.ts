import { DynoError } from '../base/errors.ts';
import { CheckedValue } from '../base/yaml/checked-value.ts';
import { nearestName } from '../base/yaml/nearest-name.ts';

export interface CsvSource {
  readonly file: string;
  readonly text: string;
  /** Names that the first line may hold. */
  readonly columns: readonly string[];
  readonly code: string;
}

interface Line {
  readonly place: string;
  readonly cells: readonly string[];
}

/** A CSV table (RFC 4180: quotes, doubled quotes, line breaks within quotes) as mappings that know their line. */
export function parseCsv(source: CsvSource): CheckedValue[] {
  const [header, ...rows] = linesOf(source);
  if (header === undefined) return [];
  const names = header.cells.map((cell) => cell.trim());
  names.forEach((name, i) => {
    if (!source.columns.includes(name)) throw unknownColumn(source, header.place, name);
    if (names.indexOf(name) !== i) throw new DynoError(source.code, `${header.place}: column "${name}" is there twice`);
  });
  return rows.map((row) => rowOf(source, names, row));
}

function rowOf(source: CsvSource, names: readonly string[], { place, cells }: Line): CheckedValue {
  if (cells.length !== names.length) {
    throw new DynoError(source.code, `${place}: ${cells.length} cells, expected ${names.length} as in the first line`);
  }
  const fields = new Map(
    names.map((name, i) => [name, { keyPlace: place, value: new CheckedValue(place, cells[i]!, source.code) }]),
  );
  return new CheckedValue(place, fields, source.code);
}

function unknownColumn(source: CsvSource, place: string, name: string): DynoError {
  const near = nearestName(name, source.columns);
  const advice = near === undefined ? `known are ${source.columns.join(', ')}` : `did you mean "${near}"?`;
  return new DynoError(source.code, `${place}: "${name}" is not a column; ${advice}`, {
    details: { place, name, near },
  });
}

/** Lines that hold anything; a byte order mark and carriage returns are passed over. */
function linesOf(source: CsvSource): Line[] {
  const text = source.text.replace(/^\uFEFF/, '');
  const lines: Line[] = [];
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const place = `${source.file}:${line}`;
    const cells: string[] = [];
    let more = true;
    while (more) {
      const cell = cellAt(text, at, place, source.code);
      cells.push(cell.text);
      line += cell.lineBreaks;
      more = text[cell.end] === ',';
      at = cell.end + 1;
    }
    line++;
    if (cells.length > 1 || cells[0] !== '') lines.push({ place, cells });
  }
  return lines;
}

/** The cell that starts at `at`; `end` is the comma or line break behind it, or the end of the text. */
function cellAt(
  text: string,
  at: number,
  place: string,
  code: string,
): { text: string; end: number; lineBreaks: number } {
  if (text[at] !== '"') {
    const end = text.slice(at).search(/[,\n]/);
    const stop = end < 0 ? text.length : at + end;
    return { text: text.slice(at, stop).replace(/\r$/, ''), end: stop, lineBreaks: 0 };
  }
  const quoted = /"((?:[^"]|"")*)"\r?(?=,|\n|$)/y;
  quoted.lastIndex = at;
  const match = quoted.exec(text);
  if (match === null) throw new DynoError(code, `${place}: a quoted cell is not closed or is followed by other text`);
  const inside = match[1]!.replaceAll('""', '"');
  return { text: inside, end: quoted.lastIndex, lineBreaks: inside.split('\n').length - 1 };
}
