import type { WeightApplied, WeightCommand } from '../../schemas/weight-records.ts';

const written = ['applied', 'duplicate', 'dry_run', 'readback_mismatch'];

/**
 * What the log cannot explain, a sentence each: a change that no command ordered, weights that are not those of the
 * command, a command that was answered under another number.
 */
export function unexplained(applied: readonly WeightApplied[], commands: readonly WeightCommand[]): string[] {
  const byId = new Map(commands.map((command) => [command.commandId, command]));
  let before: string | undefined;
  return applied.flatMap((report) => {
    const { status, commandId, epoch, seq, readback } = report;
    const now = textOf(readback);
    const changed = before !== undefined && readback.length > 0 && now !== before;
    if (readback.length > 0) before = now;
    const what = `${status} of ${commandId} (epoch ${epoch}, number ${seq})`;
    if (!written.includes(status)) {
      return changed && status === 'observed' ? [`${what}: weights changed to ${now}`] : [];
    }
    const command = commandId === undefined ? undefined : byId.get(commandId);
    if (command === undefined) return [`${what}: no such command is in the log`];
    if (command.epoch !== epoch || command.seq !== seq)
      return [`${what}: the command is ${command.epoch}/${command.seq}`];
    const isAsOrdered = command.mode !== 'test' || textOf(command.weights) === now;
    return isAsOrdered ? [] : [`${what}: ${now} instead of ${textOf(command.weights)}`];
  });
}

const textOf = (weights: readonly { readonly server: string; readonly weight: number }[]): string =>
  weights
    .map(({ server, weight }) => `${server}=${weight}`)
    .sort()
    .join(' ');
