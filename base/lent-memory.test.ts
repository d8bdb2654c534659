import { equal, ok } from 'node:assert/strict';
import test from 'node:test';
import { giveBack, lendBuffer, lendFloat32, lendFloat64, lendUint8 } from './lent-memory.ts';

test('memory is lent again once it was given back, not before', () => {
  const first = lendBuffer(300_000);
  equal(first.length, 300_000);
  ok(lendBuffer(300_000).buffer !== first.buffer);
  giveBack(first.buffer);
  const next = lendBuffer(290_000);
  ok(next.buffer === first.buffer);
  equal(next.length, 290_000);
});

test('numbers lie in the same kind of memory as bytes', () => {
  const bytes = lendBuffer(80_000);
  giveBack(bytes.buffer);
  const numbers = lendFloat64(10_000);
  ok(numbers.buffer === bytes.buffer);
  equal(numbers.length, 10_000);
  giveBack(numbers.buffer);
  ok(lendFloat32(20_000).buffer === bytes.buffer);
  giveBack(bytes.buffer);
  ok(lendUint8(80_000).buffer === bytes.buffer);
});

test('memory that was not lent, or is given back once more, is nobody else’s', () => {
  const own = Buffer.allocUnsafeSlow(2 ** 21);
  giveBack(own.buffer);
  ok(lendBuffer(own.length).buffer !== own.buffer);
  const bytes = lendBuffer(5_000_000);
  giveBack(bytes.buffer);
  giveBack(bytes.buffer);
  const again = lendBuffer(5_000_000);
  ok(again.buffer === bytes.buffer);
  ok(lendBuffer(5_000_000).buffer !== bytes.buffer);
  giveBack(undefined);
});

test('a small request does not take large memory, and little of what is lent lies idle', () => {
  const large = lendBuffer(40_000_000);
  giveBack(large.buffer);
  ok(lendBuffer(100_000).buffer !== large.buffer);
  for (let bytes = 1_024; bytes < 3_000_000; bytes = Math.ceil(bytes * 1.07)) {
    const room = lendBuffer(bytes).buffer.byteLength;
    ok(room >= bytes && room <= bytes * 1.25 + 1, `${bytes} bytes lie in ${room}`);
  }
});

test('small memory is Node’s: giving its pool back does nothing', () => {
  const small = lendBuffer(100);
  giveBack(small.buffer);
  equal(small.length, 100);
  equal(lendFloat64(3).length, 3);
});

test('so much is kept and no more: the size that was used longest ago goes first', () => {
  const old = lendBuffer(30_000_000);
  giveBack(old.buffer);
  const newer = Array.from({ length: 4 }, () => lendBuffer(16_000_000));
  for (const { buffer } of newer) giveBack(buffer);
  ok(lendBuffer(30_000_000).buffer !== old.buffer);
  const again = new Set(newer.map(() => lendBuffer(16_000_000).buffer));
  ok(newer.filter(({ buffer }) => again.has(buffer)).length >= 3);
});

test('what nobody needed while half a gigabyte was lent is let go', () => {
  const burst = Array.from({ length: 3 }, () => lendBuffer(7_000_000));
  for (const { buffer } of burst) giveBack(buffer);
  // One at a time is enough from now on: after two looks the others are gone.
  for (let i = 0; i < 160; i++) giveBack(lendBuffer(7_000_000).buffer);
  const again = new Set(Array.from({ length: 3 }, () => lendBuffer(7_000_000).buffer));
  equal(burst.filter(({ buffer }) => again.has(buffer)).length, 1);
});
