import type { CheckedValue } from '../yaml/checked-value.ts';

/** One thing a user can set: key in `dynoscope.yaml`, environment, default, and how its value is read. */
export interface Setting<T> {
  /** Dotted, as it nests in the file: `overwatch.port`. */
  readonly key: string;
  /** Environment variable that wins over the file. */
  readonly env?: string;
  /** What a value looks like, for people. */
  readonly type: string;
  readonly summary: string;
  /** What holds when nothing is set. */
  readonly fallback: T;
  /** The default in words, where it depends on something. */
  readonly fallbackWords?: string;
  readonly read: (value: CheckedValue, what: string) => T;
  /** True for a path: relative ones start at the folder of the file that names them, else where the program was started. */
  readonly isPath?: boolean;
}

export const setting = <T>(spec: Setting<T>): Setting<T> => spec;

export const text = (value: CheckedValue, what: string): string => {
  const read = value.scalarText(what);
  if (read === '') throw value.wrong(`a text for ${what}`);
  return read;
};

export const wholeNumber =
  (min: number, max: number) =>
  (value: CheckedValue, what: string): number =>
    value.number(what, { min, max, integer: true });

export const flag = (value: CheckedValue, what: string): boolean => {
  if (value.parsed === 'true' || value.parsed === 'false') return value.parsed === 'true';
  return value.flag(what);
};

export const oneOf =
  <T extends string>(choices: readonly T[]) =>
  (value: CheckedValue, what: string): T =>
    value.oneOf(what, choices);

export const webAddress = (value: CheckedValue, what: string): string => {
  const address = value.text(what);
  const parsed = URL.parse?.(address) ?? parsedOf(address);
  if (parsed?.protocol !== 'http:' && parsed?.protocol !== 'https:') {
    throw value.wrong(`an address for ${what} (http://host:port)`);
  }
  return address;
};

function parsedOf(address: string): URL | undefined {
  try {
    return new URL(address);
  } catch {
    return undefined;
  }
}

/** Most brokers that are worth naming: a client asks one of them for the others. */
const brokersMax = 100;

/** A list, or one text with commas as in the environment. */
export const brokers = (value: CheckedValue, what: string): readonly string[] => {
  const listed = Array.isArray(value.parsed)
    ? value.list(what).map((item) => item.text(what))
    : value.text(what).split(',');
  const trimmed = listed.map((broker) => broker.trim()).filter((broker) => broker !== '');
  const wrong = trimmed.find((broker) => !/^(\[[0-9a-fA-F:]+\]|[^\s:/,]+):\d{1,5}$/.test(broker));
  if (wrong !== undefined) throw value.fault(`"${wrong}" is not a broker for ${what} (host:port)`);
  if (trimmed.length > brokersMax) throw value.wrong(`at most ${brokersMax} brokers for ${what}`);
  return trimmed;
};

const metricName = /^[A-Za-z_][\w.:-]{0,127}$/;

export const metric = (value: CheckedValue, what: string): string => {
  const name = value.text(what);
  if (!metricName.test(name)) throw value.wrong(`the name of a metric for ${what} (letters, digits, _ . : -)`);
  return name;
};
