import { useEffect, useState } from 'preact/hooks';
import { Comparison } from './comparison.tsx';
import { Help } from './help.tsx';
import { useKeys } from './keys.ts';
import { useLive } from './live.ts';
import { LiveStrip } from './live-strip.tsx';
import { LoadTests } from './load-tests.tsx';
import { Pipeline } from './pipeline.tsx';
import { Servers } from './servers.tsx';
import { Sql } from './sql.tsx';
import { TierDetail } from './tier-detail.tsx';
import { type Tab, tabs, unknownTabOf, urlOf, useUrlState } from './url-state.ts';

const titles: Record<Tab, string> = {
  comparison: 'Comparison',
  servers: 'Servers',
  loadtests: 'Load tests',
  pipeline: 'Pipeline',
  sql: 'SQL',
};

export function App() {
  const live = useLive();
  const [url, change] = useUrlState();
  const [isHelpOpen, setHelpOpen] = useState(false);
  const unknownTab = unknownTabOf(location.search);
  const title = [url.tier, titles[url.tab], 'OVERWATCH'].filter((part) => part !== '').join(' · ');
  useEffect(() => {
    document.title = title;
  }, [title]);
  useKeys({
    '?': () => setHelpOpen(true),
    p: () => live.setPaused(!live.paused),
    Escape: () => (isHelpOpen ? setHelpOpen(false) : url.tier !== '' && change({ tier: '' })),
    'g c': () => change({ tab: 'comparison', tier: '' }),
    'g s': () => change({ tab: 'servers' }),
    'g l': () => change({ tab: 'loadtests', tier: '' }),
    'g p': () => change({ tab: 'pipeline' }),
    'g q': () => change({ tab: 'sql' }),
  });
  return (
    <>
      <header>
        <a class="brand" href="/">
          OVERWATCH
        </a>
        <nav aria-label="Pages">
          {tabs.map((tab) => (
            <a
              key={tab}
              href={urlOf({ ...url, tab, tier: '', sql: '' })}
              aria-current={url.tab === tab ? 'page' : undefined}
              onClick={(event) => {
                if (event.ctrlKey || event.metaKey || event.shiftKey) return;
                event.preventDefault();
                change({ tab, tier: '' });
              }}
            >
              {titles[tab]}
            </a>
          ))}
        </nav>
        <LiveStrip live={live} />
        <button type="button" class="quiet" aria-label="Help" title="Help (?)" onClick={() => setHelpOpen(true)}>
          ?
        </button>
      </header>
      <main>
        {unknownTab !== undefined && (
          <p class="notice problem" role="alert">
            There is no page “{unknownTab}”; there are {tabs.join(', ')}. This is {titles[url.tab]}.
          </p>
        )}
        {url.tab === 'comparison' && url.tier === '' && <Comparison live={live} url={url} change={change} />}
        {url.tab === 'comparison' && url.tier !== '' && <TierDetail live={live} url={url} change={change} />}
        {url.tab === 'servers' && <Servers live={live} url={url} change={change} />}
        {url.tab === 'loadtests' && <LoadTests live={live} change={change} />}
        {url.tab === 'pipeline' && <Pipeline live={live} />}
        {url.tab === 'sql' && <Sql url={url} change={change} />}
      </main>
      {isHelpOpen && <Help close={() => setHelpOpen(false)} />}
    </>
  );
}
