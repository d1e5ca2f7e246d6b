import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { functions } from '../../config/names';
import { command, noArguments } from '../../cli/common/command';
import { buildLambdaArchive } from '../../lambda/archive/archive';
import { withoutAws } from '../common/without-aws';
import { unpack } from '../rehearse/lambda-process';
import { measure, type Measurement } from './measure';
import { measureReconcile } from './reconcile';
import { measureRetirement } from './retirement';
import { measureSharing } from './sharing';

const usage = `usage: make bench

Measures what people wait for, beside a peer and beside the limit: synthesis, the start of each Lambda, the time that an
image takes to reach 1, 10 and 100 accounts, and what a reconcile run and a retirement of many images need of time and memory.`;

const runs = 5;

function print(name: string, { seconds, megabytes }: Measurement, note: string): void {
  console.log(
    `${name.padEnd(34)} ${(seconds * 1000).toFixed(0).padStart(6)} ms ${megabytes.toFixed(0).padStart(5)} MB  ${note}`,
  );
}

async function run(): Promise<number> {
  withoutAws(process.env);
  const work = mkdtempSync(path.join(tmpdir(), 'bench-'));
  try {
    const outdir = { CDKTF_OUTDIR: path.join(work, 'cdktf.out') };
    const synth = measure(runs, [process.execPath, 'cli/run.mjs', 'main.ts'], outdir);
    const peer = measure(1, ['npx', 'cdktf', 'synth', '--output', path.join(work, 'peer')]);
    print('synth of all stacks', synth, 'limit 1500 ms, 250 MB');
    print(
      'npx cdktf synth',
      peer,
      `${(peer.seconds / synth.seconds).toFixed(1)} times as long: the same, through the command line`,
    );

    const empty = measure(runs, [process.execPath, '-e', '0']);
    print('Node.js, doing nothing', empty, 'what every start costs');
    for (const name of Object.values(functions)) {
      const archive = buildLambdaArchive(name, work);
      const code = await unpack(archive, path.join(work, name));
      const start = measure(runs, [process.execPath, '-e', `require(${JSON.stringify(path.join(code, 'index.js'))})`], {
        AWS_REGION: 'us-west-2',
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      });
      const initialisation = ((start.seconds - empty.seconds) * 1000).toFixed(0);
      const size = (statSync(archive).size / 1e6).toFixed(2);
      print(
        `start of ${name}`,
        start,
        `initialisation ${initialisation} ms (limit 150), archive ${size} MB (limit 1.5)`,
      );
    }
    for (const { accounts, seconds, sumSeconds, megabytes, callsPerAccount } of await measureSharing(
      work,
      [1, 10, 100],
    ))
      print(
        `share with ${accounts} accounts`,
        { seconds, megabytes },
        `one after another ${(sumSeconds / seconds).toFixed(1)} times as long; ` +
          `${callsPerAccount} calls per account (limit 6), memory limit 256 MB`,
      );
    for (const [accounts, images] of [
      [100, 500],
      [10, 5000],
      [100, 5000],
    ] as const)
      print(
        `reconcile ${images} images, ${accounts} accounts`,
        await measureReconcile(work, accounts, images),
        'nothing throttled (limit 660 s), memory limit 256 MB',
      );
    const size = { images: 10_000, accounts: 50, instances: 20_000, templateVersions: 5000 };
    const retirement = await measureRetirement(work, size);
    print(
      `retire ${size.images} images, ${size.accounts} accounts`,
      retirement,
      `${retirement.calls} calls, nothing throttled (limit 60 s), memory limit 256 MB`,
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return 0;
}

export const benchCommand = command({ summary: 'run the benchmarks', usage, parse: noArguments, run });
