import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { localServer, run, temporaryFolder, writeStandIns } from '../scripts/support';
import { describeWith } from '../support/tools';

interface Buildspec {
  readonly version: number;
  readonly env: { readonly shell: string; readonly 'exported-variables': readonly string[] };
  readonly phases: Readonly<Record<string, { readonly 'on-failure': string; readonly commands: readonly string[] }>>;
}

const buildspec = parse(readFileSync('packer/buildspec.yml', 'utf8')) as Buildspec;
const exported = buildspec.env['exported-variables'];

test('the buildspec runs bash and exports what the sharing Lambda reads', () => {
  expect(buildspec.version).toBe(0.2);
  expect(buildspec.env.shell).toBe('bash');
  expect(exported).toEqual(['AMI_ID', 'IMAGE', 'VERSION', 'BROKER_VERSION']);
});

test('a phase that fails ends the build, and no failure hides in a pipe', () => {
  expect(Object.keys(buildspec.phases)).toEqual(['install', 'pre_build', 'build']);
  for (const phase of Object.values(buildspec.phases)) {
    expect(phase['on-failure']).toBe('ABORT');
    for (const command of phase.commands) expect(command).not.toMatch(/[|;&]/);
  }
});

test('every tool of the lock has a version, a SHA-256 and an https address', () => {
  const lines = readFileSync('packer/tools.lock', 'utf8').split('\n');
  const tools = lines.filter((line) => line !== '' && !line.startsWith('#'));
  expect(tools.map((line) => line.split(' ')[0])).toEqual(['packer', 'session-manager-plugin']);
  for (const line of tools) expect(line).toMatch(/^[\w-]+ [\d.]+ [0-9a-f]{64} https:\/\/\S+\.(zip|deb)$/);
  for (const line of tools) expect(line.split(' ')[3]).toContain(line.split(' ')[1]);
});

describeWith(['bash', 'curl', 'jq', 'sha256sum'], 'a build', () => {
  const folder = temporaryFolder();
  const server = localServer();
  const tool = 'a package';
  let builds = 0;

  /**
   * Runs the buildspec as CodeBuild does: all commands in one shell, until one fails; then what it exports is read.
   */
  async function build({
    env = {},
    packer = '',
    lock = createHash('sha256').update(tool).digest('hex'),
  }: {
    env?: Record<string, string>;
    packer?: string;
    lock?: string;
  } = {}) {
    server.answer = ({ url }) => (url === '/tool.deb' ? { body: tool } : { status: 404 });
    const work = path.join(folder, String((builds += 1)));
    mkdirSync(work);
    symlinkSync(path.resolve('packer'), path.join(work, 'packer'));
    const lockFile = path.join(work, 'tools.lock');
    writeFileSync(lockFile, `tool 1.0 ${lock} ${server.address}/tool.deb\n`);
    const calls = path.join(work, 'calls');
    const standIns = writeStandIns(path.join(work, 'bin'), {
      dpkg: `echo "dpkg $*" >> '${calls}'`,
      sudo: '"$@"',
      packer: `echo "packer $*" >> '${calls}'
for argument in "$@"; do case $argument in manifest_path=*) manifest=\${argument#*=} ;; esac; done
good() { echo '{"builds":[{"artifact_id":"'"\${2:-us-west-2:ami-0123456789abcdef0}"'","packer_run_uuid":"'"\${1:-now}"'","custom_data":{"image":"'"$IMAGE"'"}}],"last_run_uuid":"now"}' > "$manifest"; }
${packer}
if [[ $1 == build ]]; then echo 'us-west-2: ami-ffffffffffffffff0'; good; fi`,
    });
    const shell = Object.values(buildspec.phases)
      .flatMap(({ commands }) => commands)
      .map((command) => `${command}\ncode=$?; [[ $code -eq 0 ]] || exit $code`)
      .join('\n');
    const ended = await run('bash', ['-c', `${shell}\nprintenv ${exported.join(' ')}`], {
      cwd: work,
      standIns,
      env: {
        IMAGE: 'manager',
        BOUNDLESS_VERSION: 'v1.0.1',
        TOOLS_LOCK: lockFile,
        TOOLS_BIN: path.join(work, 'bin'),
        API_URL: server.address,
        AWS_REGION: 'us-west-2',
        ...env,
      },
    });
    const made = await run('bash', ['-c', `cat '${calls}' 2>/dev/null`]);
    const commands = made.stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ').slice(0, 2).join(' '));
    return { ...ended, commands, calls: made.stdout, values: ended.stdout.trim().split('\n').slice(-exported.length) };
  }

  test('exports the id of its manifest, and what is inside', async () => {
    const { code, values, commands } = await build();
    expect(code).toBe(0);
    expect(values).toEqual(['ami-0123456789abcdef0', 'manager', 'v1.0.1', 'v1.0.0']);
    expect(commands).toEqual(['dpkg --install', 'packer init', 'packer fmt', 'packer validate', 'packer build']);
  });

  test('tells Packer what CodeBuild was told, and leaves the rest to the defaults', async () => {
    const { calls } = await build({
      env: {
        IMAGE: 'prover',
        ENVIRONMENT: 'staging',
        SPOT: 'false',
        SUBNET_ID: '',
        PROVER_INSTANCE_TYPE: 'g6.2xlarge',
        MANAGER_INSTANCE_TYPE: 'c7a.xlarge',
        IAM_INSTANCE_PROFILE: 'packer-builder',
        CODEBUILD_BUILD_ID: 'packer-build-project:1',
        CODEBUILD_RESOLVED_SOURCE_VERSION: 'abcdef',
      },
    });
    const line = calls.split('\n').find((call) => call.startsWith('packer build'));
    for (const setting of [
      '-only=prover.*',
      'aws_region=us-west-2',
      'boundless_version=v1.0.1',
      'broker_version=v1.0.0',
      'environment=staging',
      'spot=false',
      'gpu_instance_type=g6.2xlarge',
      'iam_instance_profile=packer-builder',
      'git_commit=abcdef',
      'build_id=packer-build-project:1',
    ])
      expect(line).toContain(setting);
    expect(line).not.toMatch(/subnet_id|service_account_ids| instance_type=/);
  });

  test('takes INSTANCE_TYPE before the type of the image', async () => {
    const { calls } = await build({ env: { INSTANCE_TYPE: 'c7a.2xlarge', MANAGER_INSTANCE_TYPE: 'c7a.xlarge' } });
    expect(calls).toContain('-var instance_type=c7a.2xlarge');
  });

  test.each([
    ['install: a tool is not what the lock says', { lock: '0'.repeat(64) }, 'is not what', 0],
    ['install: a tool without a checksum', { lock: 'latest' }, 'has no SHA-256', 0],
    ['pre_build: the version is unknown', { env: { BOUNDLESS_VERSION: 'latest' } }, 'GitHub does not say', 1],
    ['pre_build: the version is not supported', { env: { BOUNDLESS_VERSION: 'v2.0.0' } }, 'is not supported', 1],
    ['build: no such image', { env: { IMAGE: 'worker' } }, "IMAGE is 'worker'", 1],
    ['build: init fails', { packer: '[[ $1 != init ]] || exit 1' }, '', 2],
    ['build: fmt finds something', { packer: '[[ $1 != fmt ]] || exit 3' }, '', 3],
    ['build: validate fails', { packer: '[[ $1 != validate ]] || exit 1' }, '', 4],
    ['build: the bake fails', { packer: '[[ $1 != build ]] || { good; exit 1; }' }, '', 5],
    ['build: there is no manifest', { packer: '[[ $1 != build ]] || exit 0' }, 'names no image', 5],
    [
      'build: the manifest is of another run',
      { packer: '[[ $1 != build ]] || { good before; exit 0; }' },
      'names no image',
      5,
    ],
    [
      'build: the manifest has no id',
      { packer: '[[ $1 != build ]] || { good now us-west-2:none; exit 0; }' },
      'not name one',
      5,
    ],
    [
      'build: the manifest has two ids',
      {
        packer:
          '[[ $1 != build ]] || { good now us-west-2:ami-0123456789abcdef0,us-east-1:ami-0123456789abcdef1; exit 0; }',
      },
      'not name one',
      5,
    ],
  ])('fails at its first failing command: %s', async (_, changes, reason, calls) => {
    const { code, stderr, values, commands } = await build(changes);
    expect(code).not.toBe(0);
    expect(stderr).toContain(reason);
    expect(commands.filter((command) => command !== '')).toHaveLength(calls);
    expect(values.join()).not.toContain('ami-0123456789abcdef0');
  });
});
