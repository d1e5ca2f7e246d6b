import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { isListening } from '../../support/net';
import { describeWith, localAws } from '../../support/tools';

describeWith([localAws], 'the local AWS', () => {
  test('ends with whoever started it, even by a crash', async () => {
    const starter = spawn(process.execPath, ['tools/run.mjs', '__tests__/support/hold-local-aws.ts'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(starter.stdout, 'data')) as [Buffer];
    const port = Number(new URL(line.toString().trim()).port);
    expect(await isListening(port)).toBe(true);
    starter.kill('SIGKILL');
    await once(starter, 'exit');
    for (let look = 0; look < 50 && (await isListening(port)); look += 1) await sleep(100);
    expect(await isListening(port)).toBe(false);
  }, 60_000);
});
