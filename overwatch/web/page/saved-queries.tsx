import type { SavedQuery } from '../../api-types.ts';
import type { Fetched } from './api.ts';

/** Questions that are already written. */
export function SavedQueries(props: { saved: Fetched<readonly SavedQuery[]>; choose: (query: SavedQuery) => void }) {
  const { value, error } = props.saved;
  return (
    <aside class="panel">
      <h2>Saved queries</h2>
      {error !== undefined && <p class="soft">{error}</p>}
      {value?.length === 0 && <p class="soft">None.</p>}
      <ul class="saved">
        {value?.map((query) => (
          <li key={query.name}>
            <button type="button" class="link" onClick={() => props.choose(query)}>
              {query.name}
            </button>
            <span class="soft">{query.question}</span>
          </li>
        ))}
      </ul>
    </aside>
  );
}
