import path from 'node:path';
import { run, temporaryFolder, writeStandIns } from '../support';

const folder = temporaryFolder();
const log = path.join(folder, 'calls');

/** What Systems Manager starts, with stand-ins for systemd and its journal. */
const started = (args: readonly string[], systemctl: string) => {
  const standIns = writeStandIns(path.join(folder, 'bin'), {
    systemctl: `echo "systemctl $*" >>'${log}'; ${systemctl}`,
    journalctl: `echo "journalctl $*" >>'${log}'; [[ $1 == --sync ]] || echo 'the smoke test has ended'`,
  });
  return run('bash', ['scripts/boot/smoke.sh', ...args], { standIns });
};

test.each([
  ['passed', 'true', 0],
  ['failed', 'false', 1],
])('a smoke test that %s: its log is printed, and its end is the exit code', async (_, systemctl, code) => {
  expect(await started(['groth16'], systemctl)).toMatchObject({ code, stdout: 'the smoke test has ended\n' });
});

test.each([[[]], [['blake3']], [['groth16; reboot']], [['stark', 'groth16']]])(
  'arguments %j start nothing',
  async (args) => {
    expect(await started(args, 'true')).toMatchObject({ code: 2, stderr: 'usage: smoke.sh groth16|stark\n' });
  },
);
