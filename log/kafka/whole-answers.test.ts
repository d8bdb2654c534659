import { deepEqual, equal, throws } from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import test from 'node:test';
import fc from 'fast-check';
import { socketFactory } from './sockets.ts';
import { WholeAnswers } from './whole-answers.ts';

const framed = (body: Uint8Array): Buffer => {
  const answer = Buffer.alloc(4 + body.length);
  answer.writeInt32BE(body.length);
  answer.set(body, 4);
  return answer;
};

/** Hands over the stream as the kernel does: as much as there is and as fits. */
function received(stream: Buffer, sizes: readonly number[]): Buffer[] {
  const answers = new WholeAnswers();
  const out: Buffer[] = [];
  for (let at = 0, turn = 0; at < stream.length; turn++) {
    const room = answers.next();
    const bytes = Math.min(room.length, stream.length - at, Math.max(1, sizes[turn % sizes.length] ?? 1));
    room.set(stream.subarray(at, at + bytes));
    at += bytes;
    out.push(...answers.took(bytes));
  }
  return out;
}

test('answers come whole and in order, however the stream is cut', () => {
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 20 }),
    fc.integer({ min: 60_000, max: 200_000 }).map((length) => Buffer.alloc(length, length)),
  );
  fc.assert(
    fc.property(
      fc.array(body, { maxLength: 6 }),
      fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant(70_000)), { minLength: 1, maxLength: 5 }),
      (bodies, sizes) => {
        const answers = bodies.map(framed);
        const big = Math.max(...sizes) < 100 && bodies.some(({ length }) => length > 1_000);
        const out = received(Buffer.concat(answers), big ? [...sizes, 30_000] : sizes);
        deepEqual(
          out.map((answer) => answer.toString('base64')),
          answers.map((answer) => answer.toString('base64')),
        );
      },
    ),
    { numRuns: 60 },
  );
});

test('a length that is cut off is put together, whatever stood before it', () => {
  const long = framed(Buffer.alloc(0x01_11_70, 1));
  deepEqual(received(Buffer.concat([framed(Buffer.from('a')), long]), [8, 70_000]), [framed(Buffer.from('a')), long]);
});

test('an answer that was given out is never written into again', () => {
  const first = framed(Buffer.from('one'));
  const [answer] = received(Buffer.concat([first, framed(Buffer.alloc(100_000, 7)), framed(Buffer.from('xyz'))]), [50]);
  deepEqual(answer, first);
});

test('what is not the protocol is refused', () => {
  const answers = new WholeAnswers();
  answers.next().set(Buffer.from('HTTP/1.1 400'));
  throws(() => answers.took(12), /not a Kafka broker/);
});

test('a real connection gives whole answers and its end', async () => {
  const server = createServer((peer) => {
    peer.write(framed(Buffer.from('a')));
    peer.end(framed(Buffer.alloc(3_000_000, 5)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket: Socket = socketFactory({ host: '127.0.0.1', port, ssl: undefined as never, onConnect: () => {} });
  const lengths: number[] = [];
  socket.on('data', (answer) => lengths.push(answer.length));
  await once(socket, 'end');
  deepEqual(lengths, [5, 3_000_004]);
  socket.destroy();
  server.close();
  await once(server, 'close');
  equal(server.listening, false);
});
