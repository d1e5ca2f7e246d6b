import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startBentoApi, type Behaviour, type BentoApi } from '../../../lab/rehearse/stand-ins/bento-api';
import { temporaryFolder } from '../support';

jest.setTimeout(120_000);

let api: BentoApi;
beforeAll(async () => {
  api = await startBentoApi();
});
beforeEach(() => {
  Object.assign(api, { stark: 'works', groth16: 'works', receipt: 'groth16 receipt', errors: 0 });
  api.calls.length = 0;
});
afterAll(() => api.close());

const folder = temporaryFolder();
/** The pauses of the program are made short; all else of it is real. */
const program = `import runpy, sys
sys.path.insert(0, "scripts/boot")
from bento_boot import smoke
smoke.PAUSE_S, smoke.HEALTHY_WITHIN_S, smoke.PROGRESS_EVERY_S = 0.05, 1.0, 0.2
sys.argv[0] = "scripts/boot/smoke.py"
runpy.run_path(sys.argv[0], run_name="__main__")`;

const ran = async (
  args: readonly string[] = ['groth16'],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; log: string }> => {
  const child = spawn('/usr/bin/python3', ['-B', '-c', program, ...args], {
    env: {
      PATH: process.env['PATH'],
      SMOKE_API: api.address,
      SMOKE_CLI: path.resolve('lab/rehearse/stand-ins/bento-cli'),
      SMOKE_LIMIT_S: '60',
      ...env,
    },
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, log };
};
const client = (name: string, script: string): Record<string, string> => {
  const file = path.join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return { SMOKE_CLI: file };
};

test('a STARK proof, then its Groth16 proof, by the calls of the real client and API', async () => {
  const { code, log } = await ran();
  expect(log).toMatch(
    /<6>the smoke test passed: a STARK proof in \d+ s \(job [0-9a-f-]{36}\), its Groth16 proof of 15 bytes in \d+ s \(job [0-9a-f-]{36}\)\n$/,
  );
  expect(code).toBe(0);
  expect(api.calls.filter((call, index) => call !== api.calls[index - 1])).toEqual([
    'GET /health',
    'GET /images/upload/:image',
    'PUT /inputs/upload/:id',
    'GET /inputs/upload',
    'PUT /inputs/upload/:id',
    'POST /sessions/create',
    'GET /sessions/status/:id',
    'GET /receipts/:id',
    'GET /receipts/stark/receipt/:id',
    'POST /snark/create',
    'GET /snark/status/:id',
    'GET /receipts/groth16/receipt/:id',
  ]);
});

test('the STARK proof alone, where that is asked for', async () => {
  api.groth16 = 'fails';
  const { code, log } = await ran(['stark']);
  expect([code, log]).toEqual([
    0,
    expect.stringMatching(/the smoke test passed: a STARK proof in \d+ s \(job \S+\)\n$/),
  ]);
  expect(api.calls.join()).not.toContain('snark');
});

const failures: readonly [Behaviour, Behaviour, string][] = [
  ['fails', 'works', 'bento-cli ended with 1: '],
  ['fails', 'works', 'stark compress failed'],
  ['errors', 'works', 'HTTP Error 500'],
  ['works', 'fails', 'FAILED: groth16 compress failed; the log of bento-prover@ on the provers has more'],
  ['works', 'errors', 'the Groth16 proof cannot be followed: /snark/status/'],
];
test.each(failures)('STARK %s, Groth16 %s: not passed, with the reason', async (stark, groth16, reason) => {
  Object.assign(api, { stark, groth16 });
  const { code, log } = await ran();
  expect([code, log]).toEqual([1, expect.stringContaining(reason)]);
  expect(log).toMatch(/<3>the smoke test failed: [^\n]+\n$/);
});

test.each([
  ['STARK', { stark: 'hangs' }, /no STARK proof within 2 s, job [0-9a-f-]{36}: do agents take tasks/],
  ['Groth16', { groth16: 'hangs' }, /no Groth16 proof within 2 s, job [0-9a-f-]{36}/],
])('a %s proof that never ends is given up at the limit, and reported until then', async (kind, change, reason) => {
  Object.assign(api, change);
  const { code, log } = await ran(['groth16'], { SMOKE_LIMIT_S: '2' });
  expect([code, log]).toEqual([1, expect.stringMatching(reason)]);
  expect(log).toContain(`<6>${kind} proof: not done after `);
});

test('errors of the API that pass do not matter', async () => {
  api.errors = 2;
  expect(await ran()).toMatchObject({ code: 0 });
});

test('an API that is not there', async () => {
  const { code, log } = await ran(['groth16'], { SMOKE_API: 'http://127.0.0.1:9' });
  expect([code, log]).toEqual([1, expect.stringContaining('the API at http://127.0.0.1:9 is not there: /health')]);
  expect(log).toContain('look at bento-api.service');
});

test('a receipt that is empty', async () => {
  api.receipt = '';
  const { code, log } = await ran();
  expect([code, log]).toEqual([1, expect.stringContaining('its receipt is empty')]);
});

test.each([
  ['is not there', { SMOKE_CLI: '/nowhere/bento-cli' }, '/nowhere/bento-cli cannot be started'],
  ['ends without a job', client('silent', 'exit 0'), 'bento-cli named no job: it wrote nothing'],
  ['ends by a panic', client('panic', 'echo "thread main panicked"; exit 101'), 'ended with 101: thread main panicked'],
  ['writes nothing and stays', client('stays', 'exec sleep 600'), 'no STARK proof within 2 s, job not made'],
])("Bento's client %s", async (_, env, reason) => {
  const { code, log } = await ran(['groth16'], { SMOKE_LIMIT_S: '2', ...env });
  expect([code, log]).toEqual([1, expect.stringContaining(reason)]);
});

test.each([[[]], [['blake3']], [['stark', 'groth16']]])('arguments %j: wrong usage', async (args) => {
  expect(await ran(args)).toEqual({ code: 2, log: '<3>usage: smoke.py groth16|stark\n' });
});
