import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { run, temporaryFolder } from '../scripts/support';

const folder = temporaryFolder();
const line = (text: string) => `2026-03-01T00:00:00Z: ==> manager.amazon-ebs.manager: ${text}`;
const errored = (text: string) =>
  `2026-03-01T00:00:01Z: Build 'manager.amazon-ebs.manager' errored after 1 minute 2 seconds: ${text}`;

/** Lines as Packer 1.14.3 with plugin 1.8.1, and Packer 1.6.6, print them. */
test.each([
  [
    'an error after CreateImage, not that the role may not deregister the image',
    [
      line('Creating AMI boundless-manager-v1.2.2-1 from instance i-1'),
      line('Error modify AMI attributes: api error InvalidAMIID.NotFound: The image id does not exist'),
      line('Deregistering the AMI and deleting associated snapshots because of cancellation, or error...'),
      line('Error deregistering existing AMI: api error UnauthorizedOperation: not authorized'),
      line('Terminating the source AWS instance...'),
      errored('Error deregistering existing AMI: api error UnauthorizedOperation: not authorized'),
    ],
    'Error modify AMI attributes: api error InvalidAMIID.NotFound: The image id does not exist',
  ],
  [
    'an error before its clean-up fails as well',
    [
      line('Error launching source instance: InsufficientInstanceCapacity: none'),
      line('No volumes to clean up, skipping'),
      line('Deleting temporary security group...'),
      line('Error cleaning up security group. Please delete the group manually: sg-1'),
      errored('Error launching source instance: InsufficientInstanceCapacity: none'),
    ],
    'Error launching source instance: InsufficientInstanceCapacity: none',
  ],
  [
    'a script that failed',
    [
      line('verify: error: the agent does not start'),
      line('Provisioning step had errors: Running the cleanup provisioner, if present...'),
      line('Terminating the source AWS instance...'),
      errored('Script exited with non-zero exit status: 1. Allowed exit codes are: [0]'),
    ],
    'Script exited with non-zero exit status: 1. Allowed exit codes are: [0]',
  ],
  [
    'a crash',
    [line('Deleting temporary keypair...'), errored('unexpected EOF'), 'panic: runtime error: invalid memory address'],
    'panic: runtime error: invalid memory address',
  ],
])('the cause is %s', async (name, lines, cause) => {
  const log = path.join(folder, name.replaceAll(/\W/g, '-'));
  writeFileSync(log, `${lines.join('\n')}\n`);
  expect(await run('packer/build/failure-cause.sh', [log])).toEqual({
    code: 0,
    stdout: '',
    stderr: `bake: Packer failed: ${cause}\n`,
  });
});

test('a log without an error has none', async () => {
  const log = path.join(folder, 'none');
  writeFileSync(log, 'The configuration is not valid.\n');
  expect(await run('packer/build/failure-cause.sh', [log])).toEqual({ code: 0, stdout: '', stderr: '' });
});
