import { ByteCursor } from './byte-cursor.ts';

/**
 * /proc/net/snmp and /proc/net/netstat: pairs of lines `Tcp: names…` and `Tcp: numbers…`. Numbers by `Tcp.RetransSegs`;
 * what is negative or no number (`MaxConn -1`) is left out.
 */
export function protocolNumbers(bytes: Uint8Array): ReadonlyMap<string, number> {
  const names = new ByteCursor(bytes);
  const numbers = new ByteCursor(bytes);
  const found = new Map<string, number>();
  numbers.nextLine();
  while (!numbers.done) {
    const protocol = names.before(':');
    if (protocol !== undefined && numbers.before(':') === protocol) {
      while (!names.lineDone && !numbers.lineDone) {
        const name = names.word();
        const value = numbers.integer();
        if (Number.isNaN(value)) numbers.word();
        else found.set(`${protocol}.${name}`, value);
      }
    }
    for (let line = 0; line < 2; line++) {
      names.nextLine();
      numbers.nextLine();
    }
  }
  return found;
}
