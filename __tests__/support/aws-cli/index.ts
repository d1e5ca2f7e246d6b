import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from '../../scripts/support';

/**
 * The AWS CLI for the tests of the file, without the second that Python takes to start it: one process has imported it,
 * and each call is a fork of that one. Where it can't be imported, tests have the CLI of the instance.
 *
 * @returns a PATH on which it comes first
 */
export function awsCliPath(): string {
  const folder = temporaryFolder();
  let server: ChildProcess | undefined;
  beforeAll(async () => {
    server = spawn('python3', ['-B', path.join(__dirname, 'server.py'), path.join(folder, 'aws.socket')], {
      // It ends when this end of its standard input does: no crash of ours leaves it running.
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [line] = (await Promise.race([once(server.stdout!, 'data'), once(server, 'close')])) as [unknown];
    if (String(line).trim() === 'no package') return;
    if (String(line).trim() !== 'ready') throw new Error('the AWS CLI that tests share does not start');
    copyFileSync(path.join(__dirname, 'client.py'), path.join(folder, 'aws'));
    chmodSync(path.join(folder, 'aws'), 0o755);
  });
  afterAll(async () => {
    if (server?.exitCode !== null) return;
    server.stdin!.end();
    await once(server, 'close');
  });
  return `${folder}:${process.env['PATH'] ?? ''}`;
}
