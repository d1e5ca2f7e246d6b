import { spawnSync } from 'node:child_process';
import { isDownloadFailure } from '../../../cli/terraform/provider';

const run = (...args: string[]) =>
  spawnSync(process.execPath, ['cli/run.mjs', 'cli/main.ts', 'validate', ...args], { encoding: 'utf8' });

test('prints its usage', () => {
  expect(run('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('usage: make validate') as string });
  expect(run('staging')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('There is no argument staging') as string,
  });
});

test('a registry that cannot be reached is distinguished from a stack that is wrong', () => {
  expect(isDownloadFailure('Error: Failed to query available provider packages\n\nCould not retrieve the list')).toBe(
    true,
  );
  expect(isDownloadFailure('Error: Failed to install provider\n\nError while installing hashicorp/aws')).toBe(true);
  expect(isDownloadFailure('Error: Unsupported argument\n\nAn argument named "bukcet" is not expected here.')).toBe(
    false,
  );
});
