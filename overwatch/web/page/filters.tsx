import { type ChangeUrl, defaults, type UrlState } from './url-state.ts';

/** The seed's panel: what is shown is in the address, so a link brings it back. */
export function Filters({ url, change }: { url: UrlState; change: ChangeUrl }) {
  const isDefault = url.prefix === '' && url.top === defaults.top && url.minHosts === defaults.minHosts;
  return (
    <section class="panel" aria-labelledby="selections">
      <h2 id="selections">Make Your Selections</h2>
      <label>
        Prefix
        <input
          data-filter
          type="search"
          placeholder="service or tier  ( / )"
          value={url.prefix}
          onInput={(event) => change({ prefix: event.currentTarget.value })}
          onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
        />
      </label>
      <CountField label="Show Top (by counts)" value={url.top} onCount={(top) => change({ top })} />
      <CountField
        label="Hide tiers with host count less than"
        value={url.minHosts}
        onCount={(minHosts) => change({ minHosts })}
      />
      {!isDefault && (
        <button
          type="button"
          class="link"
          onClick={() => change({ prefix: '', top: defaults.top, minHosts: defaults.minHosts })}
        >
          back to the defaults
        </button>
      )}
    </section>
  );
}

function CountField({ label, value, onCount }: { label: string; value: number; onCount: (count: number) => void }) {
  return (
    <label>
      {label}
      <input
        type="number"
        min={0}
        max={10_000}
        value={value}
        onInput={(event) => {
          const count = event.currentTarget.valueAsNumber;
          if (Number.isInteger(count) && count >= 0) onCount(count);
        }}
      />
    </label>
  );
}
