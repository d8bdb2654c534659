import { useEffect, useState } from 'preact/hooks';

export const tabs = ['comparison', 'servers', 'loadtests', 'pipeline', 'sql'] as const;
export type Tab = (typeof tabs)[number];

export const sortKeys = ['service', 'tier', 'hosts', 'rcu', 'cpu', 'hits', 'latency'] as const;
export type SortKey = (typeof sortKeys)[number];

/** Everything that a link to this page must bring back. */
export interface UrlState {
  readonly tab: Tab;
  /** Open tier, '' = none. */
  readonly tier: string;
  readonly prefix: string;
  readonly top: number;
  readonly minHosts: number;
  readonly sort: SortKey;
  readonly descending: boolean;
  readonly hostFilter: string;
  readonly sql: string;
}

/** Defaults as the seed's screen has them. */
export const defaults: UrlState = {
  tab: 'comparison',
  tier: '',
  prefix: '',
  top: 20,
  minHosts: 10,
  sort: 'hosts',
  descending: true,
  hostFilter: '',
  sql: '',
};

const names: Record<keyof UrlState, string> = {
  tab: 'tab',
  tier: 'tier',
  prefix: 'prefix',
  top: 'top',
  minHosts: 'min',
  sort: 'sort',
  descending: 'desc',
  hostFilter: 'host',
  sql: 'sql',
};

export function parseUrl(search: string): UrlState {
  const given = new URLSearchParams(search);
  const text = (key: keyof UrlState) => given.get(names[key]) ?? '';
  const count = (key: 'top' | 'minHosts') => {
    const value = Number.parseInt(text(key), 10);
    return Number.isFinite(value) && value >= 0 ? Math.min(value, 10_000) : defaults[key];
  };
  return {
    tab: tabs.find((tab) => tab === text('tab')) ?? defaults.tab,
    tier: text('tier'),
    prefix: text('prefix'),
    top: count('top'),
    minHosts: count('minHosts'),
    sort: sortKeys.find((key) => key === text('sort')) ?? defaults.sort,
    descending: text('descending') === '' ? defaults.descending : text('descending') === '1',
    hostFilter: text('hostFilter'),
    sql: text('sql'),
  };
}

/** The tab that an address names and that is none of ours; undefined = it names ours, or none. */
export function unknownTabOf(search: string): string | undefined {
  const given = new URLSearchParams(search).get(names.tab) ?? '';
  return given === '' || tabs.some((tab) => tab === given) ? undefined : given;
}

/** Only what differs from the defaults, so that a plain page has a plain address. */
export function urlOf(state: UrlState): string {
  const search = new URLSearchParams();
  for (const key of Object.keys(names) as (keyof UrlState)[]) {
    if (state[key] === defaults[key]) continue;
    search.set(names[key], typeof state[key] === 'boolean' ? (state[key] ? '1' : '0') : String(state[key]));
  }
  const text = search.toString();
  return text === '' ? '/' : `/?${text}`;
}

export type ChangeUrl = (changes: Partial<UrlState>) => void;

/** State that lives in the address: going to another tab or tier is a step back can undo, typing is not. */
export function useUrlState(): [UrlState, ChangeUrl] {
  const [state, setState] = useState(() => parseUrl(location.search));
  useEffect(() => {
    const onBack = () => setState(parseUrl(location.search));
    addEventListener('popstate', onBack);
    return () => removeEventListener('popstate', onBack);
  }, []);
  const change: ChangeUrl = (changes) => {
    const next = { ...parseUrl(location.search), ...changes };
    const isStep = 'tab' in changes || 'tier' in changes;
    history[isStep ? 'pushState' : 'replaceState'](undefined, '', urlOf(next));
    setState(next);
  };
  return [state, change];
}
