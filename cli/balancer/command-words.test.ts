import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode, messageOf } from '../../base/errors.ts';
import { commandIn } from './command-words.ts';

const commands: [text: string, words: string[]][] = [
  ['nginx -t -c /etc/nginx/check.conf', ['nginx', '-t', '-c', '/etc/nginx/check.conf']],
  ['  nginx   -s\treload ', ['nginx', '-s', 'reload']],
  [`sh -c 'nginx -t && echo "good"'`, ['sh', '-c', 'nginx -t && echo "good"']],
  ['"/opt/my nginx/nginx" -g "daemon off;"', ['/opt/my nginx/nginx', '-g', 'daemon off;']],
  [`--name='a b'c ''`, ['--name=a bc', '']],
];
for (const [text, words] of commands)
  test(`${text} is ${words.length} words`, () => deepEqual(commandIn('--check', text), words));

const refusals: [text: string, says: string][] = [
  ['nginx -t && true', '--check is "nginx -t && true": no shell reads it, so && does nothing; put it into a script'],
  ['nginx -p $HOME', '--check is "nginx -p $HOME": no shell reads it, so $HOME does nothing; put it into a script'],
  ["sh -c 'nginx -t", `--check is "sh -c 'nginx -t": a quote in it has no end`],
  ['nginx "', '--check is "nginx "": a quote in it has no end'],
  ["''", '--check names no program'],
];
for (const [text, says] of refusals)
  test(`refused: ${text}`, () =>
    throws(
      () => commandIn('--check', text),
      (error) => {
        equal(messageOf(error), `${says}; see "dynoscope balancer --help"`);
        return hasCode(error, 'DYNO_USAGE_BALANCER');
      },
    ));
