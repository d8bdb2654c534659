import { DynoError } from '../errors.ts';
import { nearestName } from './nearest-name.ts';

/** Keys and values as a parser left them: a value is a scalar, a list or a mapping of checked values. */
export type Parsed =
  | string
  | number
  | boolean
  | null
  | readonly CheckedValue[]
  | ReadonlyMap<string, { readonly keyPlace: string; readonly value: CheckedValue }>;

export interface NumberRange {
  readonly min?: number;
  readonly max?: number;
  readonly integer?: boolean;
}

/**
 * A value that somebody wrote, and where: `dynoscope.yaml:12`, `environment variable KAFKA_BROKERS`. Each question
 * answers the value in the type asked for or throws the code of its reader, naming the place and what was expected.
 */
export class CheckedValue {
  readonly place: string;
  readonly #parsed: Parsed;
  readonly #code: string;
  readonly #written: string | undefined;

  /** `written`: the letters of a scalar, where they say more than its value (`1.10`). */
  constructor(place: string, parsed: Parsed, code: string, written?: string) {
    this.place = place;
    this.#parsed = parsed;
    this.#code = code;
    this.#written = written;
  }

  get isAbsent(): boolean {
    return this.#parsed === null;
  }

  /** The value as it was written, for whoever accepts several types. */
  get parsed(): Parsed {
    return this.#parsed;
  }

  text(what: string): string {
    if (typeof this.#parsed !== 'string') throw this.wrong(`a text for ${what}`);
    return this.#parsed;
  }

  /** A text, or a number or boolean that was meant as one, letter by letter: `build: 1.10`. */
  scalarText(what: string): string {
    const parsed = this.#parsed;
    if (parsed === null || typeof parsed === 'object') throw this.wrong(`a text for ${what}`);
    return this.#written ?? String(parsed);
  }

  number(what: string, range: NumberRange = {}): number {
    const number = this.#parsed;
    const expected = `${range.integer === true ? 'a whole number' : 'a number'}${rangeWords(range)} for ${what}`;
    if (typeof number !== 'number' || !Number.isFinite(number)) throw this.wrong(expected);
    const { min = -Infinity, max = Infinity } = range;
    if (number < min || number > max || (range.integer === true && !Number.isSafeInteger(number))) {
      throw this.wrong(expected);
    }
    return number;
  }

  flag(what: string): boolean {
    if (typeof this.#parsed !== 'boolean') throw this.wrong(`true or false for ${what}`);
    return this.#parsed;
  }

  oneOf<T extends string>(what: string, choices: readonly T[]): T {
    const chosen = choices.find((choice) => choice === this.#parsed);
    if (chosen !== undefined) return chosen;
    const near = typeof this.#parsed === 'string' ? nearestName(this.#parsed, choices) : undefined;
    throw this.wrong(`one of ${choices.join(', ')} for ${what}`, near);
  }

  list(what: string): readonly CheckedValue[] {
    if (!Array.isArray(this.#parsed)) throw this.wrong(`a list of ${what}`);
    return this.#parsed as readonly CheckedValue[];
  }

  /** The fields of a mapping; every key must be among `known`: another one is thrown, or told to `onUnknown` and left out. */
  fields(
    what: string,
    known: readonly string[],
    onUnknown: (fault: DynoError) => void = thrown,
  ): ReadonlyMap<string, CheckedValue> {
    if (!(this.#parsed instanceof Map)) throw this.wrong(`the keys of ${what} (${listed(known)})`);
    const fields = new Map<string, CheckedValue>();
    for (const [key, { keyPlace, value }] of this.#parsed as Extract<Parsed, ReadonlyMap<string, unknown>>) {
      if (known.includes(key)) fields.set(key, value);
      else onUnknown(this.unknownKey(keyPlace, key, what, known));
    }
    return fields;
  }

  /** The error that this value deserves: place, value, what was expected. */
  wrong(expected: string, near?: string): DynoError {
    const meant = near === undefined ? '' : `; did you mean "${near}"?`;
    return this.fault(`${shown(this.#parsed)} is not ${expected}${meant}`);
  }

  /** An error at this value's place, in words of the caller. */
  fault(words: string): DynoError {
    return new DynoError(this.#code, `${this.place}: ${words}`, { details: { place: this.place } });
  }

  private unknownKey(keyPlace: string, key: string, what: string, known: readonly string[]): DynoError {
    const near = nearestName(key, known);
    const advice = near === undefined ? `known are ${listed(known)}` : `did you mean "${near}"?`;
    const message = `${keyPlace}: ${shown(key)} is not a key of ${what}; ${advice}`;
    return new DynoError(this.#code, message, { details: { place: keyPlace, key, near } });
  }
}

const thrown = (fault: DynoError): never => {
  throw fault;
};

const shownMax = 60;

function shown(parsed: Parsed): string {
  if (parsed === null) return 'nothing';
  if (Array.isArray(parsed)) return 'a list';
  if (typeof parsed === 'object') return 'a mapping';
  if (typeof parsed !== 'string') return String(parsed);
  return JSON.stringify(parsed.length > shownMax ? `${parsed.slice(0, shownMax)}…` : parsed);
}

const listed = (names: readonly string[]): string => names.join(', ');

function rangeWords({ min, max }: NumberRange): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  return max === undefined ? '' : ` of at most ${max}`;
}
