import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isCurrent, remember } from '../../../lambda/archive/build-record';

const work = mkdtempSync(path.join(tmpdir(), 'record-'));
const [built, input] = [path.join(work, 'built.zip'), path.join(work, 'input.ts')];
const options = { minify: true };

beforeEach(() => {
  writeFileSync(built, 'built');
  writeFileSync(input, 'input');
  remember(built, options, [input]);
});
afterAll(() => {
  rmSync(work, { recursive: true });
});

test('what was just built is current', () => {
  expect(isCurrent(built, options)).toBe(true);
});

test.each([
  [
    'an input changed',
    () => {
      writeFileSync(input, 'other');
    },
  ],
  [
    'an input is gone',
    () => {
      rmSync(input);
    },
  ],
  [
    'the file was damaged',
    () => {
      writeFileSync(built, 'bui');
    },
  ],
  [
    'the file is gone',
    () => {
      rmSync(built);
    },
  ],
  [
    'the record was cut short',
    () => {
      writeFileSync(`${built}.json`, '{"options":');
    },
  ],
])('not when %s', (_, change) => {
  change();
  expect(isCurrent(built, options)).toBe(false);
});

test('not with other options', () => {
  expect(isCurrent(built, { minify: false })).toBe(false);
});
