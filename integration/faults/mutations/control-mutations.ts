import type { ScenarioOfControl } from '../loadtests/control-scenarios.ts';
import type { WorldJob } from '../simulation/in-workers.ts';
import type { Mutation } from './mutations.ts';

const world = (scenario: ScenarioOfControl, seed = 1): WorldJob => ({ seed, loadtests: true, scenario });

/** The rules that keep a tier safe while its load is shifted, each without the others. */
export const controlMutations: readonly Mutation[] = [
  {
    name: 'the newer lease of a successor',
    file: 'operators/control/controller.js',
    find: '{ ...state, epoch, seq: 0, fenced: false,',
    replace: '{ ...state, epoch: state.epoch || epoch, fenced: false,',
    worlds: [world('killedAndFollowed', 2)],
  },
  {
    name: "the adapter's fence",
    file: 'sinks/loadbalancer/adapter.js',
    find: "if (place === 'older')",
    replace: "if (place === 'nobody')",
    worlds: [world('oldCommandsComeAgain', 2)],
  },
  {
    name: 'the revert of weights that nobody renews',
    file: 'sinks/loadbalancer/adapter.js',
    find: 'if (this.#live !== undefined && nowMs >= this.#live.expiresAtMs)',
    replace: 'if (nowMs < 0)',
    worlds: [world('killedAndNobodyFollows')],
  },
  {
    name: 'the transaction of commands: they are said before it',
    file: 'pipelines/runtime/delivery.js',
    find: 'await transaction.send(records);',
    replace: 'await (await log.producer()).send(records);',
    worlds: [world('killedAndFollowed')],
  },
  {
    name: 'the weights of the command: others are written',
    file: 'sinks/loadbalancer/adapter.js',
    find: 'const stands = sameWeights(before, weights);',
    replace:
      'weights = new Map([...weights].map(([name, weight]) => [name, Math.max(100, weight - 1)])); const stands = false;',
    worlds: [{ seed: 3, loadtests: true }],
  },
  {
    name: 'the rail on old telemetry',
    file: 'operators/control/pipeline-rails.js',
    find: 'if (ageMs <= limits.staleHoldMs)',
    replace: 'if (ageMs >= 0)',
    worlds: [world('telemetryStalls', 2)],
  },
  {
    name: 'the age of what is known of the kill switch',
    file: 'cli/system/kill-switches.js',
    find: ': { on, ageMs };',
    replace: ': { on, ageMs: 0 };',
    worlds: [world('killSwitchUnknown', 2)],
  },
  {
    name: 'the kill switch at the controller and at the adapter',
    file: 'cli/balancer/kill-scopes.js',
    find: "if (states.includes('engaged'))",
    replace: "if (states.includes('nobody'))",
    worlds: [world('killSwitchEngaged')],
  },
  {
    name: 'the bound on how long a raise may be held',
    file: 'sinks/loadbalancer/acceptance.js',
    find: 'if (harmless || heldMs <= rails.heldMsMax)',
    replace: 'if (heldMs > 0)',
    worlds: [world('zombieWakesWithARaise', 2)],
  },
  {
    name: 'the wait for the end of what a controller of an older lease commands',
    file: 'operators/control/pipeline-rails.js',
    find: 'wallMs - rivalMs > rivalGoneAfterMs',
    replace: 'wallMs >= rivalMs',
    worlds: [world('rivalsByTurns', 8)],
  },
  {
    name: 'the 0 of a server that an operator drained',
    file: 'sinks/loadbalancer/safe-weights.js',
    find: 'weight === 0 ? 0 : ',
    replace: '',
    worlds: [world('drainedWhileRaised')],
  },
  {
    name: 'the dry run at the adapter',
    file: 'sinks/loadbalancer/adapter.js',
    find: 'if (!command.dryRun)',
    replace: 'if (command.ttlMs > 0)',
    worlds: [world('dryRunTurnedOn')],
  },
  {
    name: 'the kill file',
    file: 'sinks/loadbalancer/adapter.js',
    find: 'this.#kill.sawFile(',
    replace: 'this.#kill.sawFile(false && ',
    worlds: [world('killFileThere')],
  },
  {
    name: 'the size of a step between tests',
    file: 'operators/control/steady-weights.js',
    find: '1 - limits.steadyStepMax',
    replace: '1 - 2 * limits.steadyStepMax',
    worlds: [world('stepsLoseTheirController')],
  },
  {
    name: 'the safe weights of a step between tests',
    file: 'sinks/loadbalancer/adapter.js',
    find: 'this.#keepSafe(safeWeights);',
    replace: 'safeWeights.size > 0;',
    worlds: [world('stepsLoseTheirController')],
  },
  {
    name: 'the test of a neighbour that began before',
    file: 'operators/control/pipeline-rails.js',
    find: 'besideNeighbours(state, tick.wallMs)',
    replace: 'undefined',
    worlds: [world('neighboursAskedAtOnce')],
  },
  {
    name: 'the wait after a disturbance that somebody told of',
    file: 'operators/control/start-rails.js',
    find: 'agoS < bakeS',
    replace: 'agoS < 0',
    worlds: [world('disturbed')],
  },
  {
    name: 'the end of an end: a successor goes on shutting down',
    file: 'operators/control/resumed-state.js',
    find: '{ ...idleState, epoch,',
    replace: '{ ...idleState, shutdown: kept.shutdown, epoch,',
    worlds: [world('stoppedInOrder')],
  },
  {
    name: 'the number of the command in its decision',
    file: 'operators/control/load-test-record.js',
    find: 'commandSeq: command?.seq,',
    replace: 'commandSeq: command && command.seq % 7 ? command.seq : undefined,',
    worlds: [world('killedAndFollowed')],
  },
];
