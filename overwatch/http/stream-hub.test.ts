import { equal, ok, throws } from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { VirtualClock } from '../../base/testing/virtual-clock.ts';
import { StreamHub, type StreamHubOptions } from './stream-hub.ts';

/** A hub behind a real socket; answers what each request met: undefined, or the error that refused it. */
async function hubOf(t: TestContext, options: Partial<StreamHubOptions> = {}) {
  const clock = new VirtualClock();
  let made = 0;
  const hub = new StreamHub({ clock, snapshotJson: () => `${++made}`, ...options });
  const responses: ServerResponse[] = [];
  const server = createServer((_request, response) => {
    responses.push(response);
    hub.add(response, {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    hub.close();
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { hub, clock, responses, url: `http://127.0.0.1:${port}`, port, made: () => made };
}

test('a page that does not read is dropped when too much waits for it, the others go on', async (t) => {
  const { clock, responses, url, port } = await hubOf(t, {
    snapshotJson: () => 'x'.repeat(1_000_000),
    unreadBytesMax: 500_000,
  });
  const reader = (await fetch(url)).body!.getReader();
  const reading = (async () => {
    let bytes = 0;
    for (;;) {
      const { value, done } = await reader.read().catch(() => ({ value: undefined, done: true }));
      if (done) return bytes;
      bytes += value?.length ?? 0;
    }
  })();
  const lazy = connect(port, '127.0.0.1');
  lazy.on('error', () => undefined);
  lazy.pause();
  lazy.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  t.after(() => lazy.destroy());
  while (responses.length < 2) await new Promise(setImmediate);
  for (let second = 0; second < 60 && !responses[1]!.destroyed; second++) {
    await clock.advance(1_000);
    while (responses[0]!.writableLength > 0) await new Promise(setImmediate);
  }
  equal(responses[1]!.destroyed, true);
  equal(responses[0]!.destroyed, false);
  responses[0]!.end();
  ok((await reading) > 1_000_000);
});

test('at most so many pages follow; the next is refused before its answer begins', async (t) => {
  const { hub, responses, url } = await hubOf(t, { clientsMax: 1 });
  const first = await fetch(url);
  throws(() => hub.add(responses[0]!, {}), { code: 'DYNO_OVERWATCH_STREAM_FULL' });
  await first.body!.cancel();
});

test('nothing is made while nobody listens', async (t) => {
  const { clock, responses, url, made } = await hubOf(t);
  await clock.advance(10_000);
  equal(made(), 0);
  const page = await fetch(url);
  await clock.advance(2_000);
  equal(made(), 3);
  await page.body!.cancel();
  while (!responses[0]!.closed) await new Promise(setImmediate);
  await clock.advance(10_000);
  equal(made(), 3);
});
