import { execFileSync } from 'node:child_process';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describeWith } from '../../support/tools';
import { temporaryFolder } from '../support';
import { python, pythonPackages } from './python';

const folder = temporaryFolder();
let volumes = 0;

/** A volume of 64 MiB of zeros, as a new one reads; `make` does something to it first. */
function volume(make: (file: string) => void = () => undefined): string {
  volumes += 1;
  const file = path.join(folder, `volume-${volumes}`);
  writeFileSync(file, '');
  truncateSync(file, 64 * 1024 * 1024);
  make(file);
  return file;
}

const run = (command: string, ...args: readonly string[]): string => execFileSync(command, args, { encoding: 'utf8' });
const formatted =
  (...options: readonly string[]) =>
  (file: string): void => {
    run('mkfs.ext4', '-q', ...options, file);
  };

/** The last line that it says. */
function makeUsable(file: string): string {
  const { log } = python(
    'from pathlib import Path\nfrom bento_boot.volume import make_usable\nmake_usable(Path(given))\nprint("null")',
    file,
  );
  return log.trim().split('\n').at(-1) ?? '';
}

describeWith(['mkfs.ext4', 'blkid', 'e2fsck', ...pythonPackages], 'the data volume', () => {
  test('a blank one is formatted, once', () => {
    const file = volume();
    expect(makeUsable(file)).toContain('is blank: formatting it');
    expect(run('blkid', '--probe', '--output', 'value', '--match-tag', 'LABEL', file).trim()).toBe('bento-data');
    const uuid = () => run('blkid', '--probe', '--output', 'value', '--match-tag', 'UUID', file);
    const first = uuid();
    expect(makeUsable(file)).toBe('');
    expect(uuid()).toBe(first);
  });

  test.each<[string, (file: string) => void, RegExp]>([
    ['a filesystem of another name', formatted('-L', 'other'), /holds .*other.*, not ext4 with the label bento-data/],
    ['a filesystem without a name', formatted(), /holds ext4, not ext4 with the label bento-data/],
    [
      'data at its start, without a filesystem',
      (file) => {
        writeFileSync(file, Buffer.concat([Buffer.alloc(4096), Buffer.from('orders'), Buffer.alloc(1024 * 1024)]));
      },
      /holds data but no filesystem, and is not touched/,
    ],
    [
      'data at its end',
      (file) => {
        writeFileSync(file, Buffer.concat([Buffer.alloc(40 * 1024 * 1024), Buffer.from('backup')]));
      },
      /holds data but no filesystem, and is not touched/,
    ],
  ])('one that holds %s is refused, and not touched', (_, make, reason) => {
    const file = volume(make);
    const before = readFileSync(file);
    expect(makeUsable(file)).toMatch(reason);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test('one that was not unmounted is checked and used, with what is on it', () => {
    const file = volume(formatted('-L', 'bento-data'));
    run('debugfs', '-w', '-R', 'mkdir orders', file);
    run('debugfs', '-w', '-R', 'set_super_value state 0', file);
    expect(makeUsable(file)).toBe('');
    expect(run('debugfs', '-R', 'ls -p /', file)).toContain('/orders/');
    expect(run('e2fsck', '-n', file)).toContain('clean');
  });
});
