import { deepEqual, equal, match } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { type SyntheticOverwatch, startSyntheticOverwatch, tiersForTests } from '../../overwatch/testing/dev-server.ts';
import { type ClickHouse, openClickHouse } from '../../sinks/clickhouse/connection.ts';
import { migrate } from '../../sinks/clickhouse/migrate.ts';
import { readOnlyQuery } from '../../sinks/clickhouse/read-only-query.ts';
import { insertLoadTests, testedTier } from '../overwatch/sample-load-tests.ts';
import { launchChromium, openPage, skip, textOf } from './chromium-page.ts';

/** The page of load tests in a real browser, over the real engine. */
const dataDir = mkdtempSync(join(tmpdir(), 'dyno-loadtests-page-'));
let browser: Browser | undefined;
let clickHouse: ClickHouse | undefined;
/** Closed after the pages: a page that loses its server complains. */
const servers: SyntheticOverwatch[] = [];

before(async () => {
  browser = await launchChromium();
  if (browser === undefined) return;
  clickHouse = await openClickHouse({ url: undefined, user: 'default', password: '', dataDir });
  await migrate(clickHouse);
});
after(async () => {
  await browser?.close();
  for (const server of servers) await server.close();
  await clickHouse?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function overwatchWith(steeredTiers?: readonly string[]): Promise<SyntheticOverwatch> {
  const overwatch = await startSyntheticOverwatch(tiersForTests({ steady: true }), {
    queries: (request) => readOnlyQuery(clickHouse!, request),
    ...(steeredTiers !== undefined && { steeredTiers }),
  });
  servers.push(overwatch);
  return overwatch;
}
const open = (t: TestContext, { url }: SyntheticOverwatch): Promise<Page> =>
  openPage(t, { browser: browser!, origin: url, path: '/?tab=loadtests' });

test('without loadtests.yaml the page says so and what to do; with one, that nothing has been tested', {
  skip,
}, async (t) => {
  const bare = await open(t, await overwatchWith());
  match(
    await textOf(bare.locator('.notice.missing')),
    /^No tier may be steered: there is no loadtests\.yaml\. Put one beside/,
  );
  match(await textOf(bare.locator('section[aria-label="Last load tests"]')), /No load test has ended yet\./);

  const empty = await open(t, await overwatchWith([]));
  match(await textOf(empty.locator('.notice.missing')), /loadtests\.yaml names none/);

  const named = await open(t, await overwatchWith(['zippydb']));
  match(
    await textOf(named.locator('[data-steered="zippydb"]')),
    /has said nothing for an hour\. Nothing has been tested yet\./,
  );
  equal(await named.locator('.notice.missing').count(), 0);
});

test('a steered tier shows what its controller does and why, and its panel over time', { skip }, async (t) => {
  await insertLoadTests(clickHouse!, Math.floor(Date.now() / 1_000) * 1_000);
  const page = await open(t, await overwatchWith([testedTier]));
  const tier = page.locator(`[data-steered="${testedTier}"]`);
  await tier.locator('.chart canvas').nth(2).waitFor();
  deepEqual(await tier.locator('.badge').allTextContents(), ['simulated']);
  const facts = await textOf(tier.locator('.facts'));
  for (const fact of [
    /Phaseramp/,
    /Last decision(▲ )?hold, \d/,
    /Raildonor_headroom/,
    /Contention, 10 s\d+(\.\d+)? ms/,
    /Load of a panel host\d+(\.\d+)? hits\/s/,
    /Weights1\.88 × safe/,
    /Estimate so far, hits\/s67\.2 \(62\.9–71\.8\)/,
  ])
    match(facts, fact);
  match(await textOf(tier.locator('.why')), /a donor would have 21 ms of contention/);
  deepEqual(await tier.locator('figcaption').allTextContents(), [
    'How long do hits wait on the panel?',
    'How much load has a host of the panel?',
    'How far are its weights raised?',
  ]);
  await tier.locator('.chart details summary').first().click();
  deepEqual(await tier.locator('.chart details th').allTextContents(), ['Time', 'contention, ms, mean of 10 s']);
  match(await textOf(tier.locator('.chart .u-legend').first()), /contention.*100 ms/s);
});

test('the last tests and the capacity by generation stand below, each simulated tier marked', { skip }, async (t) => {
  const page = await open(t, await overwatchWith([testedTier]));
  const aborted = page.locator('tr[data-run="www-WSM-3"]');
  await aborted.waitFor();
  equal(await page.locator('tr[data-run]').count(), 4);
  match(
    await textOf(aborted),
    /lbpool-slb\.www simulatedWSMb-1042▲ abortedthe mean contention of ten seconds was 262 ms Rail: contention–.*133262146$/,
  );
  match(await textOf(page.locator('tr[data-run="www-SNB-2"]')), /✓ found.*116\.2 \(113\.9–118\.5\)455/);
  const capacity = (name: string) => textOf(page.locator(`tr[data-capacity="${testedTier} ${name}"]`));
  match(await capacity('NHM'), /48\.0 \(47\.1–48\.9\)1\.00/);
  match(await capacity('SNB'), /116\.2 \(113\.9–118\.5\)2\.42 \(2\.36–2\.48\).*extrapolated/);
  const unknown = page.locator('tr[data-capacity="multifeed.leaf4.prod WSM"] abbr');
  equal(await unknown.getAttribute('title'), 'no NHM host of this tier has been tested with an answer');
});

test('how much of its capacity each generation uses stands there, or why that is not known', { skip }, async (t) => {
  const page = await open(t, await overwatchWith([testedTier]));
  const line = (name: string) => page.locator(`tr[data-utilization="${testedTier} ${name}"]`);
  await line('NHM').waitFor();
  match(await textOf(line('NHM')), /NHM325 %50 % \(49 %–51 %\)75 %$/);
  match(await textOf(line('SNB')), /SNB150 %50 % \(49 %–51 %\)50 %the capacity is that of another build/);
  match(await textOf(line('WSM')), /WSM0 of 1/);
  match((await line('WSM').locator('abbr').first().getAttribute('title')) ?? '', /^no load test of the tier has found/);
});

test('the page is no wider than the window, and the keys g l open it', { skip }, async (t) => {
  const page = await openPage(t, { browser: browser!, origin: (await overwatchWith([testedTier])).url, path: '/' });
  await page.setViewportSize({ width: 1_280, height: 900 });
  await page.locator('tr[data-tier]').first().waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('l');
  await page.locator('tr[data-run]').first().waitFor();
  equal(await page.title(), 'Load tests · OVERWATCH');
  equal(await page.evaluate('document.documentElement.scrollWidth'), 1_280);
});
