import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { localServer, run, temporaryFolder, writeStandIns } from '../scripts/support';
import { describeWith } from '../support/tools';
import { buildspec, runBuild, tool, writeToolsLock, type EndedBuild } from './support/codebuild';

test('the buildspec runs bash and exports what the sharing Lambda and the pipeline read', () => {
  expect(buildspec.version).toBe(0.2);
  expect(buildspec.env.shell).toBe('bash');
  expect(buildspec.env['exported-variables']).toEqual([
    'AMI_ID',
    'IMAGE',
    'REUSED',
    'VERSION',
    'BROKER_VERSION',
    'INPUTS_HASH',
  ]);
});

test('a phase that fails ends the build, and no failure hides in a pipe', () => {
  expect(Object.keys(buildspec.phases)).toEqual(['install', 'pre_build', 'build']);
  for (const phase of Object.values(buildspec.phases)) {
    expect(phase['on-failure']).toBe('ABORT');
    for (const command of phase.commands) expect(command).not.toMatch(/[|;&]/);
  }
});

test("the image's id is forgotten first and exported last, so that a build that fails has none", () => {
  const commands = Object.values(buildspec.phases).flatMap((phase) => phase.commands);
  expect([commands.at(0), commands.at(-1)]).toEqual(['unset AMI_ID REUSED INPUTS_HASH', '. .build/image/image.env']);
});

test('no command takes a role: chained sessions would end after an hour', () => {
  const scripts = readdirSync('packer/build').map((name) => readFileSync(path.join('packer/build', name), 'utf8'));
  for (const text of [readFileSync('packer/buildspec.yml', 'utf8'), ...scripts])
    expect(text).not.toMatch(/assume-role|AWS_SESSION_TOKEN|AWS_ACCESS_KEY_ID|AWS_PROFILE/);
});

test('everything in the folder of the image is an artifact, without parts that a failed build would lack', () => {
  expect(buildspec.artifacts).toEqual({ 'base-directory': '.build/image', files: ['**/*'] });
  // Only what is compared with a hash of the repository when it is used.
  expect(buildspec.cache).toEqual({ paths: ['/root/.cache/packer-tools/**/*'] });
});

test('every tool of the lock has a version, a SHA-256 and an https address', () => {
  const lines = readFileSync('packer/tools.lock', 'utf8').split('\n');
  const tools = lines.filter((line) => line !== '' && !line.startsWith('#'));
  expect(tools.map((line) => line.split(' ')[0])).toEqual(['packer', 'packer-plugin-amazon', 'session-manager-plugin']);
  for (const line of tools) expect(line).toMatch(/^[\w-]+ [\d.]+ [0-9a-f]{64} https:\/\/\S+\.(zip|deb)$/);
  for (const line of tools) expect(line.split(' ')[3]).toContain(line.split(' ')[1]);
});

test('the plugin of the lock is the one that the templates ask for, so that `packer init` fetches none', () => {
  const [, required] = /version = "= ([\d.]+)"/.exec(readFileSync('packer/plugins.pkr.hcl', 'utf8'))!;
  const [, locked] = /^packer-plugin-amazon (\S+)/m.exec(readFileSync('packer/tools.lock', 'utf8'))!;
  expect(locked).toBe(required);
});

describeWith(['bash', 'curl', 'jq', 'sha256sum', 'timeout'], 'a build', () => {
  const folder = temporaryFolder();
  const server = localServer();
  let builds = 0;

  interface Changes {
    readonly env?: Readonly<Record<string, string>>;
    /** Bash that stands before what `packer` does otherwise. */
    readonly packer?: string;
    readonly aws?: string;
    readonly sha256?: string;
    readonly files?: Readonly<Record<string, string>>;
  }

  /** Runs a build in which programs note that they were called, and Packer writes the manifest that a test wants. */
  async function build({ env = {}, packer = '', aws = '', sha256, files = {} }: Changes = {}): Promise<
    EndedBuild & { calls: readonly string[] }
  > {
    server.answer = ({ url }) => (url === '/tool.deb' ? { body: tool } : { status: 404 });
    const work = path.join(folder, String((builds += 1)));
    mkdirSync(work);
    for (const name of ['packer', 'scripts', 'service_files']) cpSync(name, path.join(work, name), { recursive: true });
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(work, name)), { recursive: true });
      writeFileSync(path.join(work, name), content);
    }
    const calls = path.join(work, 'calls');
    const standIns = writeStandIns(path.join(work, 'bin'), {
      dpkg: `echo "dpkg $*" >> '${calls}'`,
      sudo: '"$@"',
      aws: `echo "aws $*" >> '${calls}'
${aws}
case $* in
  *'--owners 099720109477'*) echo ami-0a1b2c3d4e5f60001 ;;
  *'--owners self'*) echo '{"Images":[]}' ;;
  *tag:BuildId*) ;;
  *) exit 1 ;;
esac`,
      packer: `echo "packer $*" >> '${calls}'
for argument in "$@"; do case $argument in manifest_path=*) manifest=\${argument#*=} ;; esac; done
good() { echo '{"builds":[{"artifact_id":"'"\${2:-us-west-2:ami-0123456789abcdef0}"'","packer_run_uuid":"'"\${1:-now}"'","custom_data":{"image":"'"$IMAGE"'"}}],"last_run_uuid":"now"}' > "$manifest"; }
${packer}
if [[ $1 == build ]]; then echo 'us-west-2: ami-ffffffffffffffff0'; good; fi`,
    });
    const ended = await runBuild(work, {
      standIns,
      env: {
        IMAGE: 'manager',
        BOUNDLESS_VERSION: 'v1.0.1',
        BROKER_SHA256: 'a'.repeat(64),
        SPOT: 'false',
        TOOLS_LOCK: writeToolsLock(work, server.address, sha256),
        TOOLS_BIN: path.join(work, 'bin'),
        TOOLS_CACHE: path.join(work, 'cache'),
        API_URL: server.address,
        AWS_REGION: 'us-west-2',
        LEFTOVER_PAUSE: '0',
        FINISH_PAUSE: '0',
        ...env,
      },
    });
    const { stdout } = await run('bash', ['-c', `cat '${calls}' 2>/dev/null`]);
    return { ...ended, calls: stdout.split('\n').filter((line) => line !== '') };
  }

  /** But for the looks at EC2 after Packer ended. */
  const programs = (calls: readonly string[]) =>
    calls.filter((call) => !call.includes('tag:BuildId')).map((call) => call.split(' ').slice(0, 2).join(' '));
  const ofBuild = (calls: readonly string[]) => calls.find((call) => call.startsWith('packer build'))!;

  test('installs the tools, validates, resolves the versions, and bakes', async () => {
    const { code, exported, calls } = await build();
    expect([code, exported]).toEqual([
      0,
      {
        AMI_ID: 'ami-0123456789abcdef0',
        IMAGE: 'manager',
        REUSED: 'false',
        VERSION: 'v1.0.1',
        BROKER_VERSION: 'v1.0.0',
        INPUTS_HASH: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      },
    ]);
    expect(programs(calls)).toEqual([
      'dpkg --install',
      'packer init',
      'packer fmt',
      'packer validate',
      'aws ec2',
      'aws ec2',
      'packer build',
    ]);
  });

  test('passes the variables of CodeBuild to Packer, and leaves the rest to the defaults', async () => {
    const { calls } = await build({
      env: {
        IMAGE: 'prover',
        ENVIRONMENT: 'staging',
        SUBNET_ID: '',
        PROVER_INSTANCE_TYPE: 'g6.2xlarge',
        MANAGER_INSTANCE_TYPE: 'c7a.xlarge',
        IAM_INSTANCE_PROFILE: 'packer-builder',
        IMAGE_KMS_ARN: 'arn:aws:kms:us-west-2:111111111111:key/1',
        REQUIRE_VERIFIED_DOWNLOADS: 'true',
        IMAGE_WAIT_MINUTES: '60',
        GPU_ROOT_VOLUME_GIB: '80',
        CODEBUILD_BUILD_ID: 'packer-build-project:1',
        CODEBUILD_RESOLVED_SOURCE_VERSION: 'abcdef',
      },
    });
    const words = ofBuild(calls).split(' ');
    for (const setting of [
      '-only=prover.*',
      'aws_region=us-west-2',
      'boundless_version=v1.0.1',
      'broker_version=v1.0.0',
      'require_verified_downloads=true',
      'environment=staging',
      'source_ami=ami-0a1b2c3d4e5f60001',
      'kms_key_id=arn:aws:kms:us-west-2:111111111111:key/1',
      'spot=false',
      'gpu_instance_type=g6.2xlarge',
      'gpu_root_volume_gib=80',
      'iam_instance_profile=packer-builder',
      'image_wait_minutes=60',
      'git_commit=abcdef',
      'build_id=packer-build-project:1',
    ])
      expect(words).toContain(setting);
    expect(ofBuild(calls)).toMatch(/ inputs_hash=[0-9a-f]{64} .* report_dir=\S+\/\.build\/image /);
    expect(words).toContain(`broker_sha256=${'a'.repeat(64)}`);
    expect(ofBuild(calls)).not.toMatch(/subnet_id|service_account_ids| instance_type=| root_volume_gib=/);
  });

  test.each([
    ['a prover, which has no broker', { IMAGE: 'prover' }],
    ['a broker whose release publishes one', { BOUNDLESS_VERSION: 'v1.2.2' }],
    ['a bake that takes what comes', { REQUIRE_VERIFIED_DOWNLOADS: 'false' }],
  ])('asks for no checksum of %s', async (_, env) => {
    const { code, calls } = await build({ env: { ...env, BROKER_SHA256: '' } });
    expect(code).toBe(0);
    expect(ofBuild(calls)).not.toContain('broker_sha256');
  });

  test('takes INSTANCE_TYPE before the type of the image', async () => {
    const { calls } = await build({ env: { INSTANCE_TYPE: 'c7a.2xlarge', MANAGER_INSTANCE_TYPE: 'c7a.xlarge' } });
    expect(ofBuild(calls)).toContain('-var instance_type=c7a.2xlarge');
  });

  test('exports the reports of the instance, and nothing of an earlier build', async () => {
    const { artifacts } = await build({
      packer: `if [[ $1 == build ]]; then touch "\${manifest%/*}/inventory.json"; fi`,
      files: { '.build/image/report.json': 'of an earlier build', '.build/image/packer-spot.log': 'likewise' },
    });
    expect(artifacts).toEqual([
      'image.env',
      'image.json',
      'inputs.txt',
      'inventory.json',
      'manifest.json',
      'packer.log',
    ]);
  });

  test('logs the output of Packer while it runs, and keeps it', async () => {
    const { code } = await build({
      packer: `if [[ $1 == build ]]; then
  echo 'half-way'
  for try in {1..50}; do grep -q half-way "\${manifest%/*}/packer.log" && break; sleep 0.1; done
  ((try < 50)) || exit 1
fi`,
    });
    expect(code).toBe(0);
  });

  const inBuild = (script: string) => ({ packer: `if [[ $1 == build ]]; then ${script}; fi` });
  test.each<[string, Changes, string, string]>([
    ['install: a tool does not match the lock', { sha256: '0'.repeat(64) }, 'does not match', ''],
    ['install: a tool without a checksum', { sha256: 'latest' }, 'has no SHA-256', ''],
    ['pre_build: init fails', { packer: '[[ $1 != init ]] || exit 1' }, '', 'packer init'],
    ['pre_build: fmt finds something', { packer: '[[ $1 != fmt ]] || exit 3' }, '', 'packer fmt'],
    ['pre_build: validate fails', { packer: '[[ $1 != validate ]] || exit 1' }, '', 'packer validate'],
    [
      'pre_build: the version is unknown',
      { env: { BOUNDLESS_VERSION: 'latest' } },
      'GitHub does not list the releases',
      'packer validate',
    ],
    [
      'pre_build: the version is not supported',
      { env: { BOUNDLESS_VERSION: 'v2.0.0' } },
      'is not supported',
      'packer validate',
    ],
    ['pre_build: there is no source image', { aws: 'echo None; exit' }, 'Canonical has no image', 'aws ec2'],
    ['pre_build: EC2 refuses', { aws: 'exit 254' }, 'EC2 does not list the images of Canonical', 'aws ec2'],
    ['pre_build: no such image', { env: { IMAGE: 'worker' } }, "IMAGE is 'worker'", 'aws ec2'],
    [
      'pre_build: an input is no file',
      { files: { 'packer/x.lock/y': '' } },
      'packer/x.lock is no plain file',
      'aws ec2',
    ],
    [
      'build: EC2 refuses',
      { aws: '[[ $* != *self* ]] || exit 254' },
      'EC2 does not list the images of this account',
      'aws ec2',
    ],
    ['build: EC2 answers nonsense', { aws: '[[ $* != *self* ]] || { echo "{}"; exit; }' }, 'jq: error', 'aws ec2'],
    ['build: SPOT is neither', { env: { SPOT: 'maybe' } }, "SPOT is 'maybe'; use true or false", 'aws ec2'],
    [
      'build: the broker would come unverified',
      { env: { BROKER_SHA256: '' } },
      'broker v1.0.0 publishes no checksum; set BROKER_SHA256 to one that you trust',
      'aws ec2',
    ],
    ['build: FORCE_BUILD is neither', { env: { FORCE_BUILD: 'yes' } }, "FORCE_BUILD is 'yes'", 'aws ec2'],
    ['build: the bake fails', inBuild('good; exit 1'), '', 'packer build'],
    ['build: there is no manifest', inBuild('exit 0'), 'names no image', 'packer build'],
    ['build: the manifest is of another run', inBuild('good before; exit 0'), 'names no image', 'packer build'],
    ['build: the manifest is no JSON', inBuild('echo x > "$manifest"; exit 0'), 'names no image', 'packer build'],
    [
      'build: the manifest has no id',
      inBuild('good now us-west-2:none; exit 0'),
      "not the id of one image: 'none'",
      'packer build',
    ],
    [
      'build: the manifest has two ids',
      inBuild('good now us-west-2:ami-0123456789abcdef0,us-east-1:ami-0123456789abcdef1; exit 0'),
      'not the id of one image',
      'packer build',
    ],
  ])('fails at its first failing command: %s', async (_, changes, reason, last) => {
    const stale = { AMI_ID: 'ami-0fedcba9876543210', REUSED: 'true' };
    const { code, stderr, exported, calls } = await build({ ...changes, env: { ...stale, ...changes.env } });
    expect(code).not.toBe(0);
    expect(stderr).toContain(reason);
    expect(programs(calls).at(-1) ?? '').toBe(last);
    expect(Object.keys(exported)).not.toContain('AMI_ID');
    expect(Object.keys(exported)).not.toContain('REUSED');
  });
});
