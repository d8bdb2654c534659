import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../../../base/errors.ts';
import { parseTemplate, render, weightsIn } from './template-text.ts';

const upstream =
  'upstream web {\n  server 10.0.0.1:80 weight={{weight s1}};\n  server 10.0.0.2:80 weight={{weight s2}};\n}\n';
const rendered = 'upstream web {\n  server 10.0.0.1:80 weight=242;\n  server 10.0.0.2:80 weight=40;\n}\n';
const weights = new Map([
  ['s1', 242],
  ['s2', 40],
]);

test('a template with weights is a text, and the weights are read back from it', () => {
  equal(render(parseTemplate(upstream), weights), rendered);
  deepEqual(weightsIn(parseTemplate(upstream), rendered), weights);
});

test('a text that the template cannot have made has no weights', () => {
  const texts = [
    '',
    `${rendered}# by hand\n`,
    rendered.replace('242', ''),
    rendered.replace('242', '0'),
    rendered.replace('242', '0242'),
    rendered.replace('242', '-1'),
    rendered.replace('242', '1.5'),
    rendered.replace('10.0.0.2', '10.0.0.3'),
    rendered.replace('242', '9'.repeat(20)),
  ];
  for (const text of texts) equal(weightsIn(parseTemplate(upstream), text), undefined, text);
});

test('a server with two places has one weight', () => {
  const twice = parseTemplate('{{weight s1}} {{weight s1}}');
  equal(render(twice, new Map([['s1', 7]])), '7 7');
  deepEqual(weightsIn(twice, '7 7'), new Map([['s1', 7]]));
  equal(weightsIn(twice, '7 8'), undefined);
});

test('a template whose numbers could not be told apart, or that is not understood, is refused', () => {
  const texts: [text: string, why: RegExp][] = [
    ['server a;', /has no \{\{weight NAME\}\}/],
    ['{{weight a}}{{weight b}}', /another place beside that of/],
    ['weight=1{{weight a}};', /a digit .* beside that of a/],
    ['weight={{weight a}}0;', /a digit .* beside that of a/],
    ['{{weight a}} {{weigth b}};', /not \{\{weight NAME\}\}: \{\{weigth b/],
    ['{{weight a}} {{weight b;c}}', /not \{\{weight NAME\}\}/],
  ];
  for (const [text, why] of texts)
    throws(
      () => parseTemplate(text),
      (error) => hasCode(error, 'DYNO_BALANCER_OPTIONS') && why.test(String(error)),
    );
});

test('weights are those of exactly the servers of the template, whole and at least 1', () => {
  const template = parseTemplate(upstream);
  throws(() => render(template, new Map([['s1', 1]])), /a place for s2, which the weights do not name/);
  throws(() => render(template, new Map([...weights, ['s3', 1]])), /no place for s3/);
  for (const weight of [0, -1, 1.5, Number.NaN])
    throws(() => render(template, new Map([...weights, ['s2', weight]])), /cannot take the weight/);
});

test('what was rendered reads back as it was, whatever stands around it', () => {
  const literal = fc
    .stringMatching(/^[a-z=;#\n {}.]{1,12}$/)
    .filter((text) => !/\{\{/.test(text) && !text.endsWith('{'));
  const parts = fc.array(fc.tuple(literal, fc.integer({ min: 1, max: 256 })), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(parts, literal, (servers, end) => {
      const template = parseTemplate(`${servers.map(([text], i) => `${text}{{weight s${i}}}`).join('')}${end}`);
      const wanted = new Map(servers.map(([, weight], i) => [`s${i}`, weight]));
      deepEqual(weightsIn(template, render(template, wanted)), wanted);
    }),
  );
});
