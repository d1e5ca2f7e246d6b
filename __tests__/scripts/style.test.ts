import { readFileSync, statSync } from 'node:fs';
import { describeWith } from '../support/tools';
import { run, shellScripts } from './support';

const isSourced = (file: string) => file.startsWith('scripts/lib/');

describeWith(['shellcheck'], 'shellcheck', () => {
  test('finds nothing', async () => {
    // Through those that source them, it sees the libraries with what they use of each other.
    const { code, stdout } = await run('shellcheck', ['-x', ...shellScripts.filter((file) => !isSourced(file))]);
    expect(stdout).toBe('');
    expect(code).toBe(0);
  });
});

describeWith(['shfmt'], 'shfmt', () => {
  test('would change nothing', async () => {
    const { code, stdout } = await run('shfmt', ['-d', '-i', '2', '-ci', ...shellScripts]);
    expect(stdout).toBe('');
    expect(code).toBe(0);
  });
});

describeWith(['mypy'], 'mypy', () => {
  test('finds the types of the boot right', async () => {
    // Python of the images; Debian has no types of boto3.
    const options = ['--strict', '--ignore-missing-imports', '--python-version', '3.11', '--cache-dir', '/dev/null'];
    const { stdout } = await run('mypy', [...options, 'scripts/boot']);
    expect(stdout).toMatch(/^Success: no issues found in \d+ source files\n$/);
  }, 60_000);
});

describe.each(shellScripts)('%s', (file) => {
  const text = readFileSync(file, 'utf8');

  test('runs what it downloads only after verifying it', () => {
    expect(text).not.toMatch(/(curl|wget)[^\n]*\|\s*(sudo\s+)?(ba|da|z)?sh/);
    expect(text).not.toMatch(/--insecure|--no-check-certificate|--allow-unauthenticated|apt-key|\bcurl -k/);
  });

  test('stops at the first failure, where it is run and not sourced', () => {
    if (isSourced(file)) {
      expect(text).toMatch(/^# shellcheck shell=bash\n/);
    } else {
      expect(text).toMatch(/^#!\/usr\/bin\/env bash\n(#.*\n)+set -euo pipefail\n/);
      expect(statSync(file).mode & 0o111).toBe(0o111);
    }
  });
});
