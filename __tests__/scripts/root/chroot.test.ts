import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeWith } from '../../support/tools';
import { temporaryFolder } from '../support';

describeWith(['unshare', 'nsenter', 'setpriv', 'pgrep'], 'a chroot', () => {
  const folder = temporaryFolder();

  test('and what runs in it end with the process that started them, even after a crash', async () => {
    // A time that nothing else sleeps.
    const seconds = `${process.pid}.5`;
    const running = () => spawnSync('pgrep', ['--full', `sleep ${seconds}$`]).status === 0;
    const starter = spawn(
      process.execPath,
      ['cli/run.mjs', '__tests__/scripts/root/hold-chroot.ts', path.join(folder, 'root'), seconds],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(starter.stdout, 'data');
    expect(running()).toBe(true);
    starter.kill('SIGKILL');
    await once(starter, 'exit');
    for (let look = 0; look < 100 && running(); look += 1) await sleep(100);
    expect(running()).toBe(false);
  }, 60_000);
});
