import type { AdapterDisk, AdapterState, LoadedState } from '../adapter-disk.ts';

/** A disk that outlives the adapters that use it, as a kill -9 leaves it: what was saved is there. */
export class MemoryDisk implements AdapterDisk {
  #state: LoadedState = 'none';
  fails = false;
  /** Told of every save when it is done. */
  onSave: (state: AdapterState) => void = () => {};

  load(): LoadedState {
    return this.#state;
  }

  save(state: AdapterState): void {
    if (this.fails) throw new Error('no space left on device');
    this.#state = state;
    this.onSave(state);
  }

  /** What a failing disk leaves. */
  tear(): void {
    this.#state = 'torn';
  }
}
