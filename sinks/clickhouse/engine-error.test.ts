import { match } from 'node:assert/strict';
import test from 'node:test';
import { clickHouseError } from './engine-error.ts';

const outages: readonly (readonly [said: string, advice: RegExp])[] = [
  ['Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space. (NOT_ENOUGH_SPACE)', /make room on the disk$/],
  ['std::exception: write failed: No space left on device', /make room on the disk$/],
  ['connect ECONNREFUSED 127.0.0.1:8123', /check the server$/],
];

for (const [said, advice] of outages) {
  test(`"${said.slice(0, 40)}…" tells what to do: ${advice.source}`, () => {
    match(clickHouseError(new Error(said), 'insert 2 rows').message, advice);
  });
}
