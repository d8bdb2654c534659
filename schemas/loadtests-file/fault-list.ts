import { DynoError } from '../../base/errors.ts';

/** Faults beyond these are counted only: a file of another kind would fill the screen. */
const shownMax = 50;

/** Collects what is wrong with one file, so that its writer hears of everything at once. */
export class FaultList {
  readonly #faults: DynoError[] = [];
  readonly #file: string;
  readonly #code: string;

  constructor(file: string, code: string) {
    this.#file = file;
    this.#code = code;
  }

  readonly add = (fault: DynoError): void => {
    this.#faults.push(fault);
  };

  /** What `read` answers; undefined when it throws a fault of the file, which is then in the list. */
  collect<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof DynoError) || error.code !== this.#code) throw error;
      this.add(error);
      return undefined;
    }
  }

  /** Throws one error with every fault, a line each in the order of the file; nothing when there is none. */
  throwIfAny(): void {
    const faults = [...this.#faults].sort((a, b) => lineOf(a) - lineOf(b));
    const [first, ...more] = faults;
    if (first === undefined) return;
    if (more.length === 0) throw first;
    const shown = faults.slice(0, shownMax).map(({ message }) => `  ${message}`);
    const hidden = faults.length > shownMax ? [`  and ${faults.length - shownMax} more`] : [];
    throw new DynoError(this.#code, [`${this.#file} has ${faults.length} faults:`, ...shown, ...hidden].join('\n'), {
      details: { faults: faults.map(({ message }) => message) },
    });
  }
}

/** Line of a fault's place, `loadtests.yaml:12`. */
function lineOf({ details }: DynoError): number {
  const place = details['place'];
  return typeof place === 'string' ? Number(/:(\d+)$/.exec(place)?.[1] ?? 0) : 0;
}
