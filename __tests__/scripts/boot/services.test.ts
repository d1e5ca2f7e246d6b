import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describeWith } from '../../support/tools';
import { temporaryFolder, writeStandIns } from '../support';
import { answers, type Answer } from './python';

const folder = temporaryFolder();
const calls = path.join(folder, 'calls');
const standIns = writeStandIns(path.join(folder, 'bin'), {
  // Answers with the files named after the verb and the unit, one after the other; it is asked to fail by `fail`.
  systemctl: `cd "${folder}"
echo "$*" >>calls
verb=$1; [[ $verb != --quiet ]] || verb=$2
unit=\${!#}
if [[ $verb == fail ]]; then echo 'Job for it failed.' >&2; exit 1; fi
if [[ $verb == slow ]]; then exec sleep "$2"; fi
if [[ $verb == is-active ]]; then [[ -e "active-$unit" ]] || exit 3; exit 0; fi
[[ ! -e "$verb-$unit" ]] || { head -n 1 "$verb-$unit" | tr ';' '\\n'; sed -i 1d "$verb-$unit"; }`,
});

/** The result of an expression; before it, files with the answers of systemctl are written. */
async function ask(
  expression: string,
  files: Readonly<Record<string, string>> = {},
): Promise<Answer & { readonly calls: string[]; readonly log: string }> {
  rmSync(calls, { force: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), content);
  const { answers: given, log } = await answers(
    `
import os, time
from pathlib import Path
from bento_boot import services
services.HEARTBEAT_WITHIN_S = 0.05
sleep = time.sleep
time.sleep = lambda seconds: sleep(seconds / 100)
beats = []
beat = lambda: beats.append(1)
folder = Path(${JSON.stringify(folder)})
def answer(_):
    return ${expression}`,
    [null],
    { PATH: `${standIns}:${process.env['PATH'] ?? ''}` },
  );
  for (const name of Object.keys(files)) rmSync(path.join(folder, name));
  let called: string[] = [];
  try {
    called = readFileSync(calls, 'utf8').trim().split('\n');
  } catch {
    // It asked nothing.
  }
  return { ...given[0]!, calls: called, log };
}

describeWith(['python3-boto3'], 'systemctl', () => {
  test('that fails is a refusal with its output', async () => {
    expect(await ask('services.systemctl("fail", "a.service")')).toMatchObject({
      refused: 'systemctl fail a.service failed: Job for it failed.',
    });
  });

  test('that takes long keeps the hook waiting', async () => {
    expect((await ask('[services.systemctl("slow", "0.4", waiting=beat), len(beats) > 2]')).value).toEqual(['', true]);
  });

  test('that never ends is killed', async () => {
    expect(await ask('services.systemctl("slow", "60", timeout_s=0.2)')).toMatchObject({
      refused: 'systemctl slow 60 has not ended after 0 s',
    });
  });
});

describeWith(['python3-boto3'], 'a unit with files', () => {
  const file = { settings: '', 'show-a.service': 'ActiveEnterTimestamp=Mon 2026-11-23 21:00:00.500000 UTC\n' };
  const ensure = (seconds: number, active: boolean) =>
    ask(
      // 2026-11-23 21:00:00 UTC
      `[os.utime(folder / "settings", (0, ${1795467600 + seconds})), services.ensure("a.service", folder / "settings")][1]`,
      { ...file, ...(active ? { 'active-a.service': '' } : {}) },
    );
  const verbs = (called: readonly string[]) => called.filter((call) => !/is-active|show/.test(call));

  test('that does not run is started', async () => {
    expect(verbs((await ensure(60, false)).calls)).toEqual(['start a.service']);
  });
  test('that runs with an outdated file starts again', async () => {
    const { calls: called, log } = await ensure(0.6, true);
    expect(verbs(called)).toEqual(['restart a.service']);
    expect(log).toContain('restarting a.service, whose settings changed');
  });
  test('that runs with its current file is left alone: to start it changes nothing', async () => {
    expect(verbs((await ensure(0.4, true)).calls)).toEqual(['start a.service']);
  });
});

describeWith(['python3-boto3'], 'a unit that started', () => {
  const steady = (before: string, after: string) =>
    ask('services.expect_steady(["a.service"], 1)', { 'show-a.service': `${before}\n${after}\n` });

  test.each([
    ['ActiveState=active;NRestarts=0', 'ActiveState=active;NRestarts=0'],
    ['ActiveState=active;NRestarts=3', 'ActiveState=active;NRestarts=3'],
  ])('is steady when it stays as it was: %s', async (before, after) => {
    expect(await steady(before, after)).toMatchObject({ value: null });
  });

  test.each([
    ['ActiveState=active;NRestarts=0', 'ActiveState=active;NRestarts=1'],
    ['ActiveState=active;NRestarts=0', 'ActiveState=activating;NRestarts=0'],
    ['ActiveState=active;NRestarts=0', 'ActiveState=failed;NRestarts=0'],
  ])('is not steady when %s becomes %s', async (before, after) => {
    expect(await steady(before, after)).toMatchObject({
      refused: expect.stringMatching(
        /^a\.service does not stay up \(\w+, started again \d times\); see journalctl/,
      ) as string,
    });
  });

  test('instances of a template are those that are loaded', async () => {
    const { value, calls: called } = await ask('services.instances("bento-prover@")', {
      'list-units-bento-prover@*.service':
        'bento-prover@0.service loaded active running Agent;bento-prover@1.service loaded failed failed Agent\n',
    });
    expect(value).toEqual(['bento-prover@0.service', 'bento-prover@1.service']);
    expect(called).toEqual(['list-units --plain --no-legend --all bento-prover@*.service']);
  });
});

describeWith(['python3-boto3'], 'what is waited for', () => {
  test('keeps the hook waiting, and is a refusal when it takes too long', async () => {
    expect(await ask('services.wait("the API", lambda: len(beats) >= 3, 60, beat)')).toMatchObject({ value: null });
    expect(await ask('services.wait("the API", lambda: False, 0.1)')).toMatchObject({
      refused: 'the API is not ready after 0 s',
    });
  });

  test.each([
    ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', true],
    ['HTTP/1.1 503 Not yet\r\nContent-Length: 0\r\n\r\n', false],
    ['half an answer', false],
    ['', false],
  ])('is healthy or not by its answer: %j', async (answer, healthy) => {
    const server = createServer((socket) => {
      socket.once('data', () => socket.end(answer));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const asked = await ask(
      `[services.healthy("http://127.0.0.1:${port}/health"), services.answers("127.0.0.1", ${port})]`,
    );
    server.close();
    await once(server, 'close');
    expect(asked).toMatchObject({ value: [healthy, true] });
    expect(await ask(`services.answers("127.0.0.1", ${port})`)).toMatchObject({ value: false });
  });
});
