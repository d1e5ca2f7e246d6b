import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Report } from '../../../lab/rehearse/report';
import { isListening } from '../../support/net';
import { describeWith, installed, localAws } from '../../support/tools';

const command = ['cli/run.mjs', 'lab/main.ts', 'rehearse'];
/** Temporary folders of the rehearsal: in a place of our own, so that what it leaves can be seen. */
const work = mkdtempSync(path.join(tmpdir(), 'rehearse-'));
const environment = { ...process.env, TMPDIR: work };
afterAll(() => {
  rmSync(work, { recursive: true });
});

/** Steps that Terraform takes. */
const withTerraform = [
  'plan production',
  'validate another one before approval',
  'apply the approved plan',
  'deploy it to production, and roll back',
];

describeWith(['packer', localAws], 'the rehearsal', () => {
  test('shares three really built images with two accounts, whatever the AWS settings and proxies of its caller', async () => {
    const reached: string[] = [];
    const trap = createServer((connection) => {
      reached.push(`${connection.remotePort ?? ''}`);
      connection.destroy();
    }).listen(0, '127.0.0.1');
    await once(trap, 'listening');
    const address = `http://127.0.0.1:${(trap.address() as AddressInfo).port}`;
    const child = spawn(process.execPath, [...command, '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...environment,
        AWS_PROFILE: 'nowhere',
        AWS_REGION: 'eu-north-1',
        AWS_ACCESS_KEY_ID: 'AKIAREAL',
        AWS_SECRET_ACCESS_KEY: 'real',
        ...Object.fromEntries(['STS', 'S3', 'EC2', 'SSM', 'KMS'].map((name) => [`AWS_ENDPOINT_URL_${name}`, address])),
        HTTP_PROXY: address,
        http_proxy: address,
        HTTPS_PROXY: address,
        https_proxy: address,
      },
    });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    const [status] = (await once(child, 'close')) as [number];
    trap.close();
    expect(reached).toEqual([]);
    const report = JSON.parse(stdout) as Report;
    expect(report.steps.filter(({ ok }) => !ok)).toEqual([]);
    expect({ status, ok: report.ok }).toEqual({ status: 0, ok: true });
    const details = Object.fromEntries(report.steps.map((step) => [step.name, step.details]));
    for (const image of ['manager', 'prover', 'bento']) {
      expect(details[`bake ${image}`]).toMatch(
        new RegExp(`^ami-[0-9a-f]{17} boundless-${image}-v1\\.2\\.2-\\d{14}, encrypted with the image key`),
      );
      expect(details[`share ${image}`]).toMatch(/^ami-[0-9a-f]{17} with 2 accounts$/);
      expect(details[`read ${image} back in each account`]).toBe('usable in 2 accounts and no other, pointer set in 2');
      expect(details[`share ${image} again`]).toBe('nothing changed');
    }
    for (const step of [
      'roll the latest out in staging',
      'smoke test in staging',
      'validate them',
      ...(installed('terraform') ? withTerraform : []),
      'check that instances can start',
      'share out of order',
      'repair drift',
      'pin and unpin',
      'withdraw',
      'refuse foreign and public images',
      'remove an account',
    ])
      expect(Object.keys(details)).toContain(step);
    expect(readdirSync(work)).toEqual([]);
  }, 120_000);

  test('leaves nothing behind when it is interrupted', async () => {
    const rehearsal = spawn(process.execPath, command, { env: environment, stdio: ['ignore', 'pipe', 'ignore'] });
    let output = '';
    const ended = once(rehearsal, 'exit');
    rehearsal.stdout.setEncoding('utf8').on('data', (text: string) => {
      const first = !output.includes('synthesize');
      output += text;
      // Twice, as the impatient do.
      if (first && output.includes('synthesize')) for (let time = 0; time < 2; time += 1) rehearsal.kill('SIGINT');
    });
    const [code] = (await ended) as [number];
    expect(output).toMatch(/^stop .* interrupted by SIGINT; \d+ steps had done/m);
    expect(output).not.toContain('FAIL');
    const [, port] = /127\.0\.0\.1:(\d+)/.exec(output) ?? [];
    expect({ code, listening: await isListening(Number(port)), left: readdirSync(work) }).toEqual({
      code: 130,
      listening: false,
      left: [],
    });
  }, 60_000);
});

test.each([
  [['--help'], 0, 'usage: make rehearse'],
  [['--yaml'], 2, "Unknown option '--yaml'"],
])('%j ends with %d', (args, status, text) => {
  const result = spawnSync(process.execPath, [...command, ...args], { encoding: 'utf8' });
  expect({ status: result.status, output: result.stdout + result.stderr }).toEqual({
    status,
    output: expect.stringContaining(text) as string,
  });
});
