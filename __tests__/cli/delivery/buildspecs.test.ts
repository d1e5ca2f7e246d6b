import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { SSMClient } from '@aws-sdk/client-ssm';
import { zipSync } from 'fflate';
import { stateBucket } from '../../../config/names';
import { readPointer } from '../../../cli/delivery/images/pointer';
import type { PlanRecord } from '../../../cli/delivery/plan/record';
import { deployCluster } from '../../../lab/rehearse/cluster';
import { readBuildspec, runBuildspec, type Buildspec, type EndedBuild } from '../../packer/support/codebuild';
import { localServer, run, temporaryFolder, writeStandIns } from '../../scripts/support';
import { synthesize } from '../../support/synthesized';
import { describeWith, localAws } from '../../support/tools';
import { opsAccountId, production, staging, startAccounts, type Accounts } from './support/accounts';
import { codeBuildCredentials, type BuildCredentials } from './support/codebuild-credentials';
import { writeLightStack } from './support/stacks';

jest.setTimeout(120_000);

const specOf = (name: string): Buildspec => readBuildspec(`tools/delivery/buildspecs/${name}.yml`);
const specs = { deployment: specOf('deployment'), plan: specOf('plan'), apply: specOf('apply') };
const names = Object.keys(specs) as (keyof typeof specs)[];
const exportsOf = { deployment: ['HEADLINE'], plan: ['PLAN_SHA256', 'HEADLINE', 'SUMMARY_LINK'], apply: [] };
const commands = ({ phases }: Buildspec) => Object.values(phases).flatMap((phase) => phase.commands);
const which = (program: string) =>
  spawnSync('bash', ['-c', `command -v ${program}`], { encoding: 'utf8' }).stdout.trim();

test.each(names)('%s: runs bash, and a phase that fails ends the build', (name) => {
  const { version, env, phases } = specs[name];
  expect([version, env.shell]).toEqual([0.2, 'bash']);
  for (const phase of Object.values(phases)) {
    expect(phase['on-failure']).toBe('ABORT');
    for (const command of phase.commands) expect(command).not.toMatch(/[|;&]/);
  }
});

test('each acts through the role of its step, which no command takes by hand', () => {
  expect(names.map((name) => specs[name].env.variables)).toEqual([
    { BOUNDLESS_ACT_AS: 'deployment' },
    { BOUNDLESS_ACT_AS: 'plan' },
    { BOUNDLESS_ACT_AS: 'deployment' },
  ]);
  for (const name of names)
    expect(commands(specs[name]).join()).not.toMatch(/assume-role|AWS_SESSION_TOKEN|AWS_ACCESS_KEY_ID|AWS_PROFILE/);
});

test('Terraform is pinned', () => {
  const lines = readFileSync('tools/delivery/tools.lock', 'utf8').split('\n');
  const tools = lines.filter((line) => line !== '' && !line.startsWith('#'));
  expect(tools).toEqual([
    expect.stringMatching(
      /^terraform (1\.\d+\.\d+) [0-9a-f]{64} https:\/\/releases\.hashicorp\.com\/terraform\/\1\/terraform_\1_linux_amd64\.zip$/,
    ),
  ]);
});

/** The source as CodePipeline names it to a build, and what lists its versions in place of the AWS CLI. */
const sourceVersion =
  'arn:aws:s3:::prover-cluster-production-artifacts-111111111111/prover-cluster-produ/source/AbCdEfG.zip';
const listVersions = (count: string, calls: string) => `echo "$*" >> '${calls}'; echo '${count}'`;

/** A checkout in which tools are fetched from the address. */
function layOut(work: string, lock: string): void {
  mkdirSync(work, { recursive: true });
  for (const name of [
    'cli',
    'config',
    'constructs',
    'lambda',
    'main.ts',
    'package.json',
    'packer',
    'scripts',
    'service_files',
    'stacks',
    'tools',
  ])
    cpSync(name, path.join(work, name), { recursive: true });
  symlinkSync(path.resolve('node_modules'), path.join(work, 'node_modules'));
  writeFileSync(path.join(work, 'tools', 'delivery', 'tools.lock'), lock);
}

describeWith(['bash', 'curl', 'sha256sum', 'unzip'], 'in a build', () => {
  const folder = temporaryFolder();
  const server = localServer();
  // Of one time: the same script gives the same archive.
  const archive = (script: string) =>
    Buffer.from(zipSync({ terraform: Buffer.from(`#!/bin/sh\n${script}\n`) }, { mtime: new Date(2026, 0, 1) }));
  const lockOf = (zip: Buffer) =>
    `terraform 1.11.4 ${createHash('sha256').update(zip).digest('hex')} ${server.address}/terraform.zip\n`;
  let builds = 0;

  describe('the first command that fails', () => {
    const stops = names.flatMap((name) =>
      commands(specs[name]).flatMap((command) => {
        const [, step] =
          /^(?:npm (?:run --silent )?(?:delivery -- )?(\w+)|bash packer\/build\/(install)-tools)/.exec(command) ?? [];
        const found = step ?? (command.includes('install-tools') ? 'install' : undefined);
        return found === undefined ? [] : [[name, found] as const];
      }),
    );

    test('there are such commands in each', () => {
      expect(stops.map(([name, step]) => `${name} ${step}`)).toEqual([
        ...['install', 'ci', 'synth', 'types', 'plan', 'apply', 'rollout', 'smoke', 'promote'].map(
          (step) => `deployment ${step}`,
        ),
        ...['install', 'ci', 'synth', 'types', 'plan'].map((step) => `plan ${step}`),
        ...['install', 'ci', 'apply', 'rollout'].map((step) => `apply ${step}`),
      ]);
    });

    test.each(stops)('%s: %s ends the build', async (name, step) => {
      const work = path.join(folder, `stop-${(builds += 1)}`);
      mkdirSync(path.join(work, 'packer', 'build'), { recursive: true });
      cpSync('packer/build', path.join(work, 'packer', 'build'), { recursive: true });
      mkdirSync(path.join(work, 'tools', 'delivery'), { recursive: true });
      const zip = archive('exit 0');
      server.answer = () => ({ body: step === 'install' ? Buffer.from('something else') : zip });
      writeFileSync(path.join(work, 'tools', 'delivery', 'tools.lock'), lockOf(zip));
      const standIns = writeStandIns(path.join(work, 'bin'), {
        sudo: '"$@"',
        aws: listVersions('1', path.join(work, 'aws-calls')),
        // It writes what the commands write, and ends with 3 in the step that is to fail.
        npm: `echo "$*" >> '${work}/calls'
[[ " $* " != *' ${step} '* ]] || exit 3
while (($# > 0)); do
  if [[ $1 == --exports ]]; then
    mkdir -p "$(dirname "$2")"
    printf 'export PLAN_SHA256=x HEADLINE=x SUMMARY_LINK=x\\n' > "$2"
  fi
  shift
done`,
      });
      const { code, stderr, exported } = await runBuildspec(specs[name], work, {
        standIns,
        env: {
          TOOLS_BIN: path.join(work, 'bin'),
          TOOLS_CACHE: path.join(work, 'cache'),
          CODEBUILD_SOURCE_VERSION: sourceVersion,
          CODEBUILD_SRC_DIR_plan: work,
          HEADLINE: 'stale',
          PLAN_SHA256: 'stale',
          SUMMARY_LINK: 'stale',
        },
      });
      expect(code).toBe(step === 'install' ? 1 : 3);
      if (step === 'install') expect(stderr).toContain('terraform 1.11.4 does not match');
      else expect(readFileSync(path.join(work, 'calls'), 'utf8').trim().split('\n').at(-1)).toContain(step);
      // What was exported before the build is forgotten, and a plan that failed exports nothing.
      if (['install', 'ci', 'synth', 'types', 'plan'].includes(step))
        for (const variable of exportsOf[name]) expect(exported[variable]).toBeUndefined();
    });
  });

  // A build that was taken over could have replaced the source between the plan and the approval.
  test.each([
    ['1', sourceVersion, true],
    ['2', sourceVersion, false],
    ['0', sourceVersion, false],
    ['', 'c0ffee', false],
  ])('apply runs nothing of a source with %j versions (%s)', async (count, source, runs) => {
    const work = path.join(folder, `source-${(builds += 1)}`);
    mkdirSync(path.join(work, 'packer', 'build'), { recursive: true });
    writeFileSync(path.join(work, 'packer', 'build', 'install-tools.sh'), 'touch ran-the-source\nexit 1\n');
    const calls = path.join(work, 'aws-calls');
    const standIns = writeStandIns(path.join(work, 'bin'), { aws: listVersions(count, calls) });
    const { code, stdout } = await runBuildspec(specs.apply, work, {
      standIns,
      env: { CODEBUILD_SOURCE_VERSION: source },
    });
    expect([code, existsSync(path.join(work, 'ran-the-source'))]).toEqual([1, runs]);
    expect(stdout).toContain(`The source ${source} has ${count === '' ? 'no' : count} versions, and must have 1.`);
    if (source === sourceVersion)
      expect(readFileSync(calls, 'utf8').trim()).toBe(
        's3api list-object-versions --bucket prover-cluster-production-artifacts-111111111111 ' +
          '--prefix prover-cluster-produ/source/AbCdEfG.zip ' +
          "--query length(Versions[?Key=='prover-cluster-produ/source/AbCdEfG.zip']) --output text",
      );
  });

  describeWith(['terraform', 'openssl', localAws, 'npm'], 'with Terraform and a local AWS', () => {
    const light = path.join(folder, 'light');
    const work = path.join(folder, 'work');
    let accounts: Accounts;
    let credentials: BuildCredentials;
    const images = { manager: '', prover: '' };
    let standIns: string;

    beforeAll(async () => {
      accounts = await startAccounts();
      credentials = await codeBuildCredentials(accounts.aws, opsAccountId, folder);
      for (const { accountId, region } of [staging, production])
        await new S3Client({ ...(await accounts.aws.clientSettings(accountId)), forcePathStyle: true }).send(
          new CreateBucketCommand({
            Bucket: stateBucket(accountId, region),
            CreateBucketConfiguration: { LocationConstraint: region as 'us-west-2' },
          }),
        );
      for (const kind of ['manager', 'prover'] as const) {
        images[kind] = await accounts.share(kind, 'v1.2.2');
        await accounts.point('staging', kind, 'latest', images[kind]);
      }
      for (const settings of ['staging', 'production'] as const)
        await deployCluster(accounts[settings], settings, images);
      const stacks = synthesize();
      for (const account of [staging, production])
        writeLightStack(path.join(light, `prover-cluster-${account.environment}`), stacks, account);

      const zip = archive(`exec ${which('terraform')} "$@"`);
      layOut(work, lockOf(zip));
      // The AWS provider is out of reach: what was synthesized gives way to stacks that do without it.
      standIns = writeStandIns(path.join(work, 'bin'), {
        sudo: '"$@"',
        aws: listVersions('1', path.join(work, 'aws-calls')),
        // Types are those of the repository: `make test` has checked them.
        npm: `[[ $1 != ci && $* != *types* ]] || exit 0
'${which('npm')}' "$@" || exit
if [[ $* == *synth* ]]; then cp -r '${light}'/. cdktf.out/stacks/; fi`,
      });
      server.answer = ({ url }) => (url === '/terraform.zip' ? { body: zip } : { status: 404 });
    }, 60_000);
    beforeEach(() => {
      credentials.assumed.length = 0;
      const zip = archive(`exec ${which('terraform')} "$@"`);
      server.answer = ({ url }) => (url === '/terraform.zip' ? { body: zip } : { status: 404 });
    });
    afterAll(async () => {
      credentials.close();
      await accounts.aws.stop();
    });

    const settings = (name: keyof typeof specs, env: Readonly<Record<string, string>>) => ({
      standIns,
      env: {
        ...credentials.environment,
        TOOLS_BIN: path.join(work, 'bin'),
        TOOLS_CACHE: path.join(work, 'cache'),
        CODEBUILD_RESOLVED_SOURCE_VERSION: 'c0ffee',
        CODEBUILD_SOURCE_VERSION: sourceVersion,
        CODEBUILD_BUILD_ID: `${name}:0b`,
        CODEBUILD_BUILD_ARN: `arn:aws:codebuild:us-west-2:111111111111:build/${name}:0b`,
        ...env,
      },
    });
    const build = (name: keyof typeof specs, env: Readonly<Record<string, string>>): Promise<EndedBuild> =>
      runBuildspec(specs[name], work, settings(name, env));
    /** The one command of a build that does the work: quicker where the rest is not what matters. */
    const command = (name: 'plan' | 'apply', env: Readonly<Record<string, string>>, ...args: string[]) =>
      run(process.execPath, ['cli/run.mjs', 'cli/main.ts', 'delivery', name, ...args], {
        ...settings(name, { ...specs[name].env.variables, ...env }),
        cwd: work,
      });
    const toStaging = { ENVIRONMENT: 'staging', SERVICE_ACCOUNT_ID: staging.accountId };
    const toProduction = { ENVIRONMENT: 'production', SERVICE_ACCOUNT_ID: production.accountId };
    const latest = { MANAGER_IMAGE_ID: 'latest', PROVER_IMAGE_ID: 'latest' };
    const validated = {
      MANAGER_IMAGE_ID: 'validated',
      PROVER_IMAGE_ID: 'validated',
      PROVING_ENVIRONMENT: 'staging',
      PROVING_ACCOUNT_ID: staging.accountId,
    };
    const role = (accountId: string, name: string) => `arn:aws:iam::${accountId}:role/boundless-${name}-role`;

    test('production has nothing to plan with before staging has validated something', async () => {
      const { code, stderr } = await command('plan', { ...toProduction, ...validated }, '--exports', 'plan.env');
      expect(code).toBe(1);
      expect(stderr).toContain('staging has validated no images');
      for (const file of ['plan.env', '.build/delivery/plan']) expect(existsSync(path.join(work, file))).toBe(false);
    });

    test('staging deploys the latest images and validates them, through the deployment role', async () => {
      const { code, stdout, stderr, exported } = await build('deployment', { ...toStaging, ...latest });
      expect({ code, stderr: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, stderr: '' });
      expect(exported).toMatchObject({ MANAGER_IMAGE_ID: images.manager, PROVER_IMAGE_ID: images.prover });
      expect(stdout).toContain('manager: 1 of 1 instances in service and healthy');
      const ssm = new SSMClient(accounts.staging);
      for (const kind of ['manager', 'prover'] as const)
        expect(await readPointer(ssm, kind, 'validated')).toBe(images[kind]);
      expect([...new Set(credentials.assumed)]).toEqual([role(staging.accountId, 'deployment')]);
    });

    test('production plans through one role what another one applies', async () => {
      // One that nobody has validated comes in between.
      const newer = await accounts.share('manager', 'v1.2.3');
      await accounts.point('staging', 'manager', 'latest', newer);
      await accounts.point('production', 'manager', 'latest', newer);

      const planned = await build('plan', { ...toProduction, ...validated });
      expect({ code: planned.code, stderr: planned.stderr }).toMatchObject({ code: 0 });
      expect([...new Set(credentials.assumed)]).toEqual([role(production.accountId, 'plan')]);
      expect(planned.exported).toEqual({
        HEADLINE: 'prover-cluster-production: 2 to create, 0 to update, 0 to replace, 0 to destroy, 0 to forget',
        SUMMARY_LINK: expect.stringMatching(
          /^https:\/\/us-west-2\.console\.aws\.amazon\.com\/codesuite\/codebuild\//,
        ) as string,
        PLAN_SHA256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        MANAGER_IMAGE_ID: images.manager,
        PROVER_IMAGE_ID: images.prover,
      });
      expect(planned.artifacts).toEqual(['plan.json', 'plan.tfplan', 'stack', 'stack/cdk.tf.json', 'summary.md']);
      const artifact = path.join(folder, 'artifact');
      cpSync(path.join(work, '.build', 'delivery', 'plan'), artifact, { recursive: true });
      const text = readFileSync(path.join(artifact, 'plan.json'), 'utf8');
      const { PLAN_SHA256 = '' } = planned.exported;
      expect(createHash('sha256').update(text).digest('hex')).toBe(PLAN_SHA256);
      expect(JSON.parse(text) as PlanRecord).toMatchObject({ images, commit: 'c0ffee', build: 'plan:0b', state: null });

      credentials.assumed.length = 0;
      const approved = { ...toProduction, PLAN_SHA256, CODEBUILD_SRC_DIR_plan: artifact };
      const refused = await command('apply', { ...approved, PLAN_SHA256: 'f'.repeat(64) }, '--folder', artifact);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain(`SHA-256: ${'f'.repeat(64)} was approved`);

      const applied = await build('apply', approved);
      expect({ code: applied.code, stderr: applied.stderr }).toMatchObject({ code: 0 });
      expect([...new Set(credentials.assumed)]).toEqual([role(production.accountId, 'deployment')]);
      expect(applied.stdout).toContain('Apply complete! Resources: 2 added');
      expect(applied.stdout).toContain('is applied.');
      expect(applied.exported).toEqual({ MANAGER_IMAGE_ID: images.manager, PROVER_IMAGE_ID: images.prover });

      // The stage is repeated, as after a build that died while it waited for the instances.
      const repeated = await build('apply', { ...approved, MANAGER_IMAGE_ID: images.manager });
      expect(repeated.code).toBe(0);
      expect(repeated.stdout).toContain('is already applied.');
      expect(repeated.stdout).toContain('Every group runs its image.');
    });

    test('an operator acts with credentials of the account, and follows no pointer of another', async () => {
      const byHand = { ...toProduction, ...validated, BOUNDLESS_ACT_AS: '' };
      const foreign = await command('plan', byHand);
      expect(foreign.stderr).toContain(`These are credentials of ${opsAccountId}, not of ${production.accountId}`);
      const own = await accounts.aws.environment(production.accountId);
      const following = await command('plan', { ...byHand, ...own });
      expect(following.stderr).toContain('may be validated in a build only, which sets PROVING_ENVIRONMENT');
      expect([foreign.code, following.code]).toEqual([1, 1]);
    });

    test.each([
      ['plan', { ...toProduction, ...validated, ...latest }, 'production cannot follow it'],
      [
        'plan',
        { ...toProduction, ...validated, SERVICE_ACCOUNT_ID: '999999999999' },
        'SERVICE_ACCOUNT_ID is 999999999999',
      ],
      [
        'plan',
        { ...toProduction, ...validated, PROVING_ENVIRONMENT: 'production', PROVING_ACCOUNT_ID: '' },
        'which validates no images',
      ],
      [
        'plan',
        { ...toProduction, ...validated, CODEBUILD_RESOLVED_SOURCE_VERSION: '' },
        'CODEBUILD_RESOLVED_SOURCE_VERSION is not set',
      ],
      ['plan', { ...toProduction, ...validated, BOUNDLESS_ACT_AS: 'me' }, 'BOUNDLESS_ACT_AS is "me"'],
      ['apply', { ...toProduction, PLAN_SHA256: 'x' }, 'There is no saved plan in '],
      ['apply', { ...toProduction }, 'PLAN_SHA256 is not set'],
    ] as const)('%s is refused: %#', async (name, env, reason) => {
      const { code, stderr } = await command(name, env, '--folder', path.join(work, 'nothing'));
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(reason) as string });
    });
  });
});
