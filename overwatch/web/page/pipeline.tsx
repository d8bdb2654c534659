import { ledgerGap, type StageReport, type StatusReport } from '../../status-report.ts';
import { age, amount, clockTime } from './format.ts';
import type { Live } from './live.ts';
import { Notices } from './notices.tsx';

/** Stages, lag, ledger: whether what was sampled has arrived. */
export function Pipeline({ live }: { live: Live }) {
  const { snapshot } = live;
  if (snapshot === undefined) return <p class="empty">Waiting for the server.</p>;
  const { status, tiers } = snapshot;
  return (
    <>
      <Notices snapshot={snapshot} />
      <div class="table-head">
        <h1>Pipeline</h1>
        <span class="soft">
          dynoscope {status.version}, up {age(status.uptime_s * 1_000)}, {status.ready ? 'ready' : 'starting'}
        </span>
      </div>
      <Parts status={status} />
      <Stages stages={status.stages} />
      <p class="soft">
        Ledger: every record is exactly one of windowed, undecodable, skewed, late or duplicate, so in − the five = 0.
        Live table: {tiers.partial_seconds} seconds shown before every source had closed them, {tiers.late_blocks}{' '}
        blocks came after their second was shown.
      </p>
      {status.hosts.silent.length > 0 && (
        <p>
          <b>Silent hosts:</b> {status.hosts.silent.join(', ')}
        </p>
      )}
    </>
  );
}

function Parts({ status }: { status: StatusReport }) {
  const { parts, hosts } = status;
  const facts: readonly (readonly [name: string, value: string, ok: boolean])[] = [
    ...Object.entries(parts).map(([name, part]) => [name, part.kind, part.ok] as const),
    ['records', `${amount(status.records_per_s)} /s`, true],
    ['rejected', amount(status.rejected), status.rejected === 0],
    ['hosts', `${hosts.alive} alive: ${hosts.real} real, ${hosts.simulated} simulated`, true],
    ['silent', amount(hosts.silent.length), hosts.silent.length === 0],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value, ok]) => (
        <div key={name} class={ok ? undefined : 'wrong'}>
          <dt>{name}</dt>
          <dd>
            {ok ? '' : '▲ '}
            {value}
          </dd>
        </div>
      ))}
    </dl>
  );
}

const counts = ['in', 'windowed', 'undecodable', 'skewed', 'late', 'duplicate'] as const;

function Stages({ stages }: { stages: readonly StageReport[] }) {
  if (stages.length === 0) return <p class="empty">No stage runs in this process.</p>;
  return (
    <div class="scroll">
      <table class="stages">
        <thead>
          <tr>
            <th scope="col">Stage</th>
            <th scope="col">State</th>
            <th scope="col" class="number">
              Tasks
            </th>
            <th scope="col" class="number">
              Closed through
            </th>
            <th scope="col" class="number">
              Lag, records
            </th>
            <th scope="col" class="number">
              Lag, s
            </th>
            {counts.map((name) => (
              <th key={name} scope="col" class="number">
                {name}
              </th>
            ))}
            <th scope="col" class="number">
              Missed s
            </th>
            <th scope="col">Ledger</th>
            <th scope="col" class="number">
              Last commit
            </th>
          </tr>
        </thead>
        <tbody>
          {stages.map((stage) => (
            <StageLine key={stage.name} stage={stage} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

const stateSigns: Record<StageReport['state'], string> = { running: '●', paused: '❚❚', rebuilding: '↻', failed: '▲' };

/** A stage that keeps no ledger, or has read nothing yet, claims nothing. */
const ledgerText = (stage: StageReport, gap: number): string =>
  gap !== 0 ? `▲ off by ${gap}` : stage.in === 0 ? '–' : '✓ adds up';

function StageLine({ stage }: { stage: StageReport }) {
  const gap = ledgerGap(stage);
  return (
    <tr>
      <td>{stage.name}</td>
      <td class={`stage-${stage.state}`} title={stage.error}>
        {stateSigns[stage.state]} {stage.state}
      </td>
      <td class="number">{stage.tasks}</td>
      <td class="number">{stage.position === undefined ? '–' : clockTime(stage.position)}</td>
      <td class="number">{amount(stage.lag_records)}</td>
      <td class="number">{stage.lag_s.toFixed(1)}</td>
      {counts.map((name) => (
        <td key={name} class="number">
          {stage[name].toLocaleString('en')}
        </td>
      ))}
      <td class="number">{stage.missed_seconds}</td>
      <td class={gap === 0 ? undefined : 'wrong'}>{ledgerText(stage, gap)}</td>
      <td class="number">
        {stage.last_commit_age_s === undefined ? '–' : `${age(stage.last_commit_age_s * 1_000)} ago`}
      </td>
    </tr>
  );
}
