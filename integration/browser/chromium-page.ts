import { deepEqual } from 'node:assert/strict';
import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';

const executablePath = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]
  .filter((path) => path !== undefined)
  .find((path) => existsSync(path));
const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];

/** Why tests of the page are skipped; false = they are not. */
export const skip =
  executablePath === undefined ? 'no Chromium here; "apt-get install chromium" or CHROMIUM=path gives one' : false;

/** undefined = there is no Chromium, and `skip` says so. */
export async function launchChromium(): Promise<Browser | undefined> {
  if (executablePath === undefined) return undefined;
  return chromium.launch({ executablePath, args: [...args, '--disable-component-update', '--disable-sync'] });
}

export interface Opening {
  readonly browser: Browser;
  /** Address of the server: nothing may be asked for from elsewhere. */
  readonly origin: string;
  readonly path: string;
  /** Complaints that belong to the test. */
  readonly expected?: RegExp;
}

/** A page of its own that fails the test when it complains, or asks for anything from elsewhere. */
export async function openPage(t: TestContext, opening: Opening): Promise<Page> {
  const { browser, origin, path, expected = /^$/ } = opening;
  const page = await browser.newPage({ viewport: { width: 1500, height: 950 } });
  const complaints: string[] = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(origin) && !request.url().startsWith('data:')) complaints.push(request.url());
  });
  t.after(async () => {
    await page.close();
    deepEqual(
      complaints.filter((text) => !expected.test(text)),
      [],
      'the console and the network stay quiet',
    );
  });
  await page.goto(`${origin}${path}`);
  return page;
}

export const textOf = async (place: Locator): Promise<string> => (await place.textContent()) ?? '';
