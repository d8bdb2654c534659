import type { WorldJob } from '../simulation/in-workers.ts';

/** One rule taken out, as a change of the compiled program. */
export interface Mutation {
  readonly name: string;
  /** Compiled file, from the root of the build. */
  readonly file: string;
  /** Is there exactly once. */
  readonly find: string;
  readonly replace: string;
  /** Worlds that must show it; by default worlds of chance of a fleet that is measured. */
  readonly worlds?: readonly WorldJob[];
}

/** The rules that keep results from being lost or doubled, each without the others. */
export const mutations: readonly Mutation[] = [
  {
    name: 'the token: every attempt of an insert has its own',
    file: 'pipelines/runtime/delivery.js',
    find: 'await performInsert(output);',
    replace: 'await performInsert({ ...output, token: output.token + Math.random() });',
  },
  {
    name: 'the fencing: a new owner has a transactional id of its own',
    file: 'pipelines/runtime/delivery.js',
    find: 'log.transactionalProducer(transactionalId)',
    replace: 'log.transactionalProducer(transactionalId + Math.random())',
  },
  {
    name: 'the offset fetch after the fencing: what was found before it is used',
    file: 'pipelines/runtime/task.js',
    find: 'await this.#rebuildFrom(await log.committedOffsets(group, inputs), signal);',
    replace: 'await this.#rebuildFrom(found, signal);',
  },
  {
    name: 'the newest-window query of the sink',
    file: 'pipelines/clickhouse.js',
    find: 'const newest = await sources.newestInserted({',
    replace: 'const newest = await (() => undefined)({',
  },
  {
    name: 'the question of a sink that has not committed for a while, whether it still owns its task',
    file: 'pipelines/runtime/ownership.js',
    find: 'if (askedMs - this.#provenMs < ownedAfterCommitMs)',
    replace: 'if (askedMs >= 0)',
  },
  {
    name: 'the tick rule: idle partitions are not ticked',
    file: 'pipelines/runtime/run-stage.js',
    find: 'if (stage.ticks !== undefined)',
    replace: 'if (stage.ticks === "none")',
  },
  {
    name: 'the tick rule: a backlog is ticked past',
    file: 'pipelines/runtime/task.js',
    find: 'get tickable() {',
    replace: 'get tickable() { if (this.#run !== undefined) return true;',
  },
  {
    name: 'the duplicate rule: a second record of a host and second counts too',
    file: 'operators/window/counter-window.js',
    find: 'if (this.#seconds[row] & bit)',
    replace: 'if (row < 0)',
  },
];
