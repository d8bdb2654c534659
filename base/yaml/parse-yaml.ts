import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { DynoError, messageOf } from '../errors.ts';
import { CheckedValue, type Parsed } from './checked-value.ts';

export interface YamlSource {
  /** Name for messages. */
  readonly file: string;
  readonly text: string;
  /** Code of every error about this file. */
  readonly code: string;
}

/** Deepest nesting that is read; nothing of ours needs more than five. */
const depthMax = 20;
/** Most aliases followed in one file: aliases of aliases multiply, and each one is searched for from the beginning. */
const aliasesMax = 1_000;

/** A YAML text as values that know their line. An empty text is a mapping without keys. */
export function parseYaml(source: YamlSource): CheckedValue {
  const lines = new LineCounter();
  const document = parsed(source, lines);
  const fault = document.errors[0];
  if (fault !== undefined) {
    const words = fault.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '');
    throw new DynoError(source.code, `${source.file}:${fault.linePos?.[0].line ?? 1}: ${words}`, { cause: fault });
  }
  const placeOf = (node: Node | null | undefined, otherwise: string): string => {
    const start = node?.range?.[0];
    return start === undefined ? otherwise : `${source.file}:${lines.linePos(start).line}`;
  };
  let aliasesLeft = aliasesMax;
  const checkedOf = (node: Node | null, otherwise: string, depth: number): CheckedValue => {
    const place = placeOf(node, otherwise);
    if (depth > depthMax || (isAlias(node) && aliasesLeft-- <= 0)) {
      throw new DynoError(source.code, `${place}: the file is nested too deeply or uses too many aliases`);
    }
    const target = isAlias(node) ? (node.resolve(document) ?? null) : node;
    const written = isScalar(target) ? target.source : undefined;
    return new CheckedValue(place, parsedOf(target as Node | null, place, depth), source.code, written);
  };
  const parsedOf = (node: Node | null, place: string, depth: number): Parsed => {
    if (isSeq(node)) return node.items.map((item) => checkedOf(item as Node | null, place, depth + 1));
    if (isMap(node)) {
      return new Map(
        node.items.map(({ key, value }) => {
          const keyPlace = placeOf(key as Node, place);
          return [keyText(key), { keyPlace, value: checkedOf(value as Node | null, keyPlace, depth + 1) }];
        }),
      );
    }
    return isScalar(node) ? scalarOf(node.value) : null;
  };
  const contents = document.contents as Node | null;
  return contents === null
    ? new CheckedValue(`${source.file}:1`, new Map(), source.code)
    : checkedOf(contents, `${source.file}:1`, 0);
}

function parsed(source: YamlSource, lineCounter: LineCounter) {
  try {
    return parseDocument(source.text, { lineCounter, prettyErrors: true, stringKeys: false });
  } catch (cause) {
    throw new DynoError(source.code, `${source.file}:1: the file cannot be read as YAML: ${messageOf(cause)}`, {
      cause,
    });
  }
}

const keyText = (key: unknown): string => (isScalar(key) ? String(key.value) : String(key));

function scalarOf(value: unknown): Parsed {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return value === null || value === undefined ? null : String(value);
}
