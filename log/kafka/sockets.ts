import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { giveBack } from '../../base/lent-memory.ts';
import type { ISocketFactory } from './kafkajs.ts';
import { WholeAnswers } from './whole-answers.ts';

const keepAliveMs = 60_000;

/** kafkajs's sockets; with whole answers where the connection is not encrypted, and requests whose memory is used again. */
export const socketFactory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const socket = isEncrypted(ssl)
    ? connectTls({ host, port, ...(isIP(host) === 0 && { servername: host }), ...ssl }, onConnect)
    : connectPlain(host, port, onConnect);
  giveBackWritten(socket);
  return socket.setKeepAlive(true, keepAliveMs);
};

/** kafkajs makes the bytes of a request anew for each attempt and forgets them: once written nobody reads them. */
function giveBackWritten(socket: Socket): void {
  const write = socket.write.bind(socket) as (bytes: Buffer, encoding: BufferEncoding, done: () => void) => boolean;
  socket.write = ((bytes: Buffer, encoding: BufferEncoding) =>
    write(bytes, encoding, () => giveBack(bytes.buffer))) as Socket['write'];
}

const isEncrypted = (ssl: unknown): ssl is object => typeof ssl === 'object' && ssl !== null;

function connectPlain(host: string, port: number, onConnect: () => void): Socket {
  const answers = new WholeAnswers();
  const socket = connect(
    {
      host,
      port,
      onread: {
        buffer: () => answers.next(),
        callback: (bytes) => {
          try {
            for (const answer of answers.took(bytes)) socket.emit('data', answer);
            return true;
          } catch (error) {
            socket.destroy(error as Error);
            return false;
          }
        },
      },
    },
    onConnect,
  );
  return socket;
}
