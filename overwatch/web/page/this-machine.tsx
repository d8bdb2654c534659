import type { TierTable } from '../../api-types.ts';
import { amount, dash, percent } from './format.ts';
import type { ChangeUrl } from './url-state.ts';
import { Value } from './value.tsx';

const shownMax = 6;

/** The real machine under the program, above the fleet: small tiers are hidden by default, this one must not be. */
export function ThisMachine({ host, change }: { host: NonNullable<TierTable['this_host']>; change: ChangeUrl }) {
  const names = Object.keys(host.metrics).sort(
    (a, b) => Number(host.metrics[a] === null) - Number(host.metrics[b] === null),
  );
  return (
    <section class="this-machine" aria-label="This machine">
      <div class="who">
        <span class="badge real">this machine</span>
        <a
          href={`/?tab=servers&tier=${encodeURIComponent(host.tier)}`}
          onClick={(event) => {
            event.preventDefault();
            change({ tab: 'servers', tier: host.tier });
          }}
        >
          {host.host}
        </a>
        <span class="soft">
          tier {host.tier}
          {host.generation === '' ? '' : `, ${host.generation}`}
        </span>
      </div>
      <dl>
        {names.slice(0, shownMax).map((name) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <Value text={metricText(name, host.metrics[name])} reason={host.missing[name]} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** By the unit that ends the name: ratios as percent, bytes in larger units. */
export function metricText(name: string, value: number | null | undefined): string {
  if (value === null || value === undefined) return dash;
  if (name.endsWith('_ratio')) return percent(value, 1);
  if (/_ms(_p\d+)?$/.test(name)) return `${amount(value)} ms`;
  if (name.endsWith('_bytes_per_s')) return `${bytes(value)}/s`;
  if (name.endsWith('_bytes')) return bytes(value);
  if (name.endsWith('_per_s')) return `${amount(value)} /s`;
  return amount(value);
}

function bytes(value: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let step = 0;
  let size = value;
  while (Math.abs(size) >= 1_000 && step < units.length - 1) {
    size /= 1_000;
    step++;
  }
  return `${amount(size)} ${units[step]}`;
}
