import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { TierRow, TierTable } from '../../overwatch/api-types.ts';
import { type SyntheticOverwatch, startSyntheticOverwatch, tiersForTests } from '../../overwatch/testing/dev-server.ts';
import { launchChromium, openPage, skip, textOf } from './chromium-page.ts';

/** The page in a real browser: what is drawn must be what the API says. */
let browser: Browser;
let overwatch: SyntheticOverwatch;

before(async () => {
  const launched = await launchChromium();
  if (launched === undefined) return;
  browser = launched;
  overwatch = await startSyntheticOverwatch(tiersForTests({ steady: true }));
});
after(async () => {
  await browser?.close();
  await overwatch?.close();
});

const open = (t: TestContext, path: string, expected?: RegExp): Promise<Page> =>
  openPage(t, { browser, origin: overwatch.url, path, ...(expected !== undefined && { expected }) });

const tableOf = async (): Promise<TierTable> => (await (await fetch(`${overwatch.url}/api/tiers`)).json()) as TierTable;
const rowsShown = (page: Page) =>
  page.locator('tr[data-tier]').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-tier')));

test('the tier table appears, largest tiers first, small ones hidden, with the count of what is hidden', {
  skip,
}, async (t) => {
  const page = await open(t, '/');
  await page.locator('tr[data-tier]').first().waitFor();
  equal(await page.title(), 'Comparison · OVERWATCH');
  const expected = (await tableOf()).tiers.filter((row) => row.hosts >= 10).map((row) => row.tier);
  deepEqual(await rowsShown(page), expected);
  match(await textOf(page.locator('.table-head')), /8 of 10 tiers · hidden: 2 with fewer than 10 hosts/);
});

test('with 1,000 hosts the table is there within 1 s and the API answers within 150 ms at the 95th percentile', {
  skip,
}, async (t) => {
  const large = await startSyntheticOverwatch(tiersForTests({ steady: false, times: 4 }));
  t.after(() => large.close());
  const apiMs: number[] = [];
  for (let asked = 0; asked < 100; asked++) {
    const path = asked % 2 === 0 ? '/api/tiers' : '/api/tiers/lbpool-slb.www/hosts';
    apiMs.push(await millisecondsOf(async () => (await fetch(`${large.url}${path}`)).text()));
  }
  const p95Ms = apiMs.sort((a, b) => a - b)[94] ?? Number.NaN;
  // The best of three: other programs on the machine are not what is measured.
  const paintMs: number[] = [];
  for (let load = 0; load < 3; load++) {
    const context = await browser.newContext();
    const page = await context.newPage();
    paintMs.push(
      await millisecondsOf(async () => {
        await page.goto(large.url);
        await page.locator('tr[data-tier]').first().waitFor();
      }),
    );
    await context.close();
  }
  const best = Math.min(...paintMs);
  t.diagnostic(`API p95 ${p95Ms.toFixed(1)} ms, first table after ${paintMs.map(Math.round).join(', ')} ms`);
  ok(p95Ms <= 150 && best <= 1_000, `API p95 ${p95Ms} ms, first table after ${best} ms`);
});

async function millisecondsOf(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

test('each bar is drawn where its numbers are, within a pixel', { skip }, async (t) => {
  const page = await open(t, '/?min=0');
  await page.locator('tr[data-tier]').first().waitFor();
  for (const row of (await tableOf()).tiers) {
    const drawn = await barOf(page, row.tier);
    const x = (ratio: number) => ratio * drawn.width;
    const { p5, p25, p50, p75, p95 } = row.cpu ?? { p5: 0, p25: 0, p50: 0, p75: 0, p95: 0 };
    for (const [what, actual, wanted] of [
      ['p5', drawn.outer.left, x(p5)],
      ['p95', drawn.outer.right, Math.max(x(p95), x(p5) + 1)],
      ['p25', drawn.inner.left, x(p25)],
      ['p75', drawn.inner.right, Math.max(x(p75), x(p25) + 1)],
      ['p50', (drawn.median.left + drawn.median.right) / 2, x(p50)],
    ] as const)
      ok(Math.abs(actual - wanted) <= 1, `${row.tier} ${what}: drawn at ${actual}, the number says ${wanted}`);
  }
});

async function barOf(page: Page, tier: string) {
  return page.locator(`tr[data-tier="${tier}"] .metric-bar svg`).evaluate((svg) => {
    const origin = svg.getBoundingClientRect();
    const edges = (name: string) => {
      const box = svg.querySelector(name)?.getBoundingClientRect();
      return { left: (box?.left ?? Number.NaN) - origin.left, right: (box?.right ?? Number.NaN) - origin.left };
    };
    return {
      width: origin.width,
      outer: edges('.bar-outer'),
      inner: edges('.bar-inner'),
      median: edges('.bar-median'),
    };
  });
}

test('a bar is red, with a sign and words, exactly where the median is at least 120 % of web', { skip }, async (t) => {
  const page = await open(t, '/?min=0');
  await page.locator('tr[data-tier]').first().waitFor();
  const isHot = (row: TierRow) => row.versus_reference !== null && row.versus_reference >= 1.2;
  const { tiers } = await tableOf();
  ok(tiers.some(isHot) && !tiers.every(isHot));
  for (const row of tiers) {
    const cell = page.locator(`tr[data-tier="${row.tier}"] .bar-cell`);
    equal((await cell.locator('.metric-bar.hot').count()) === 1, isHot(row), row.tier);
    equal((await textOf(cell)).includes('▲'), isHot(row), row.tier);
  }
});

test('what is simulated says so, and this machine says that it is real', { skip }, async (t) => {
  const page = await open(t, '/?min=0');
  await page.locator('tr[data-tier]').first().waitFor();
  match(await textOf(page.locator('.notice.simulated')), /^240 of 241 hosts are simulated\./);
  for (const row of (await tableOf()).tiers) {
    const badges = await page.locator(`tr[data-tier="${row.tier}"] .badge`).allTextContents();
    deepEqual(badges, [row.has_this_host ? 'this machine' : 'simulated'], row.tier);
  }
  match(await textOf(page.locator('.this-machine')), /this machine\s*the-real-machine/);
});

test('a value that is missing is a dash with its reason, an RCU that is not known an X', { skip }, async (t) => {
  const page = await open(t, '/');
  const dash = page.locator('tr[data-tier="twmemcache"] td.number abbr').first();
  await dash.waitFor();
  equal(await dash.getAttribute('title'), 'no application reports it');
  match(await textOf(page.locator('tr[data-tier="zippydb"] td').nth(3)), /^X$/);
});

test('the numbers go on by themselves, stand still when paused, and say so', { skip }, async (t) => {
  const page = await open(t, '/');
  const state = page.locator('.live-state');
  await page.locator('.live-state.fresh').waitFor();
  match(await textOf(state), /Live, \d\.\d s old/);
  await page.keyboard.press('p');
  await page.locator('.live-state.paused').waitFor();
  match(await textOf(state), /^\s*Paused/);
  await page.keyboard.press('p');
  await page.locator('.live-state.fresh').waitFor();
});

test('selections live in the address: a link brings them back, keys reach them', { skip }, async (t) => {
  const page = await open(t, '/?prefix=mem');
  await page.locator('tr[data-tier="twmemcache"]').waitFor();
  deepEqual(await rowsShown(page), ['twmemcache']);
  await page.keyboard.press('/');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('tao');
  await page.locator('tr[data-tier="tao.wcfollow"]').waitFor();
  match(page.url(), /prefix=tao/);
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await page.locator('dialog[open]').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
});

test('a tier opens: charts with units, hosts with badges; back returns to the table', { skip }, async (t) => {
  const page = await open(t, '/');
  await page.getByRole('link', { name: 'multifeed.leaf4.prod' }).click();
  await page.locator('.chart canvas').nth(2).waitFor();
  equal(await page.locator('.chart').count(), 3);
  await page.locator('tr[data-host]').first().waitFor();
  equal(await page.locator('tr[data-host]').count(), 40);
  equal(await page.locator('tr[data-host] .badge.simulated').count(), 40);
  await page.locator('.chart details summary').first().click();
  match(await textOf(page.locator('.chart details table').first()), /p50, % busy/);
  await page.goBack();
  await page.locator('tr[data-tier]').first().waitFor();
});

test('no page is wider than the window, and each says its name', { skip }, async (t) => {
  for (const [address, title] of [
    ['/?min=0', 'Comparison · OVERWATCH'],
    ['/?tab=servers', 'Servers · OVERWATCH'],
    ['/?tier=multifeed.leaf4.prod', 'multifeed.leaf4.prod · Comparison · OVERWATCH'],
  ] as const) {
    const page = await open(t, address);
    await page.setViewportSize({ width: 1_280, height: 900 });
    await page.locator('table').first().waitFor();
    equal(await page.title(), title);
    equal(await page.evaluate('document.documentElement.scrollWidth'), 1_280, address);
  }
});

test('a page or a tier that is not there is said once', { skip }, async (t) => {
  const problems = async (address: string): Promise<string[]> => {
    const page = await open(t, address, / 404 /);
    await page.locator('.notice.problem').first().waitFor();
    return page.locator('.notice.problem').allTextContents();
  };
  deepEqual(await problems('/?tab=nope'), [
    'There is no page “nope”; there are comparison, servers, loadtests, pipeline, sql. This is Comparison.',
  ]);
  const [first, ...more] = await problems('/?tier=nope');
  match(first ?? '', /no host of tier "nope" was heard/);
  deepEqual(more, []);
});

test('servers, pipeline and SQL open and show what they are for', { skip }, async (t) => {
  const page = await open(t, '/?tab=servers');
  match(await textOf(page.locator('tr[data-host]').first()), /the-real-machine\s*this machine/);
  match(
    await textOf(page.locator('.absent-metrics')),
    /^Without a value on this host: requests_per_s, duration_avg_ms \(no value in this second\)\.$/,
  );
  await page.keyboard.press('g');
  await page.keyboard.press('p');
  match(await textOf(page.locator('table.stages')), /windows● running[\s\S]*✓ adds up/);
  await page.keyboard.press('g');
  await page.keyboard.press('q');
  await page.getByRole('button', { name: 'Run' }).click();
  match(await textOf(page.locator('table.result')), /tierhostsweb\.prod120/);
  match(
    (await page.getByRole('link', { name: 'CSV' }).getAttribute('href')) ?? '',
    /^\/api\/query\?sql=.*format=CSV&download=true$/,
  );
});
