import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DescribeImagesCommand, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { imageKinds } from '../../config/names';
import { bodies, isObject } from '../../lab/local-bake/json';
import { readTemplates } from '../../lab/local-bake/templates';
import { localServer, run, temporaryFolder, type Ended } from '../scripts/support';
import { describeWith, localAws } from '../support/tools';
import { layOutCheckout, standInsOfBuild } from './support/checkout';
import { tool, writeToolsLock } from './support/codebuild';
import { bashIn, sectionOf } from '../support/document';
import { opsAccount, sourceImage } from './support/ops-account';

jest.setTimeout(120_000);

const localDevelopment = sectionOf('docs/packer.md', '## Local development');

test('every variable of docs/packer.md is one of the templates, with its default', async () => {
  const rows = [...sectionOf('docs/packer.md', '### Variables').matchAll(/^\| `(\w+)` +\| .*? \| (\S.*?) +\|$/gm)];
  const all = (await readTemplates()).get('variables.pkr.hcl')!['variable'];
  const defaults = rows.map(([, name = '']) => {
    const [variable] = bodies(isObject(all) ? all[name] : undefined);
    const value = variable?.['default'];
    return [name, value === '' ? 'empty' : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``];
  });
  expect(rows.map(([, name, value]) => [name, value])).toEqual(defaults);
  // The public contract of the original document.
  const names = rows.map(([, name]) => name);
  for (const name of ['aws_region', 'instance_type', 'boundless_version', 'service_account_ids', 'environment'])
    expect(names).toContain(name);
});

test('the versions of docs/packer.md are those of the lock', () => {
  const [, version] = /^packer (\S+)/m.exec(readFileSync('packer/tools.lock', 'utf8'))!;
  expect(localDevelopment).toContain(`**Install Packer** ${version}`);
  expect(localDevelopment).toContain(`releases.hashicorp.com/packer/${version}/`);
});

test('the messages in the troubleshooting guide are those of the scripts or of other tools', () => {
  const scripts = readdirSync('packer/build').map((name) => readFileSync(path.join('packer/build', name), 'utf8'));
  const [, table = ''] = sectionOf('docs/troubleshooting.md', '## A build failed').split('| the log has ');
  const cells = [...table.matchAll(/^\| (.*?) +\|/gm)].map(([, cell = '']) => cell);
  const messages = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, message = '']) => message));
  const logged = (message: string) => scripts.some((text) => text.includes(message));
  expect(messages.length).toBeGreaterThan(12);
  expect(messages.filter((message) => !logged(message)).sort()).toEqual([
    'QUEUED',
    'Timeout waiting for SSH',
    'Undefined -var variable',
    'Unknown source amazon-ebs.ubuntu',
    'Unsupported Packer Core version',
    'VcpuLimitExceeded',
    'session-manager-plugin',
  ]);
});

describeWith(['packer', 'aws', 'curl', 'unzip', localAws], 'the commands of the documents', () => {
  const ops = opsAccount();
  const folder = temporaryFolder();
  const work = path.join(folder, 'checkout');
  const server = localServer();
  let environment: Record<string, string>;
  let standIns: string;

  beforeAll(async () => {
    await layOutCheckout(work, ops.proxy.endpoint);
    server.answer = ({ url }) => (url === '/tool.deb' ? { body: tool } : { status: 404 });
    standIns = await standInsOfBuild(path.join(folder, 'bin'));
    const settings = await ops.aws.clientSettings(ops.accountId);
    const { accessKeyId, secretAccessKey, sessionToken } = settings.credentials;
    const credentials = path.join(folder, 'credentials');
    writeFileSync(
      credentials,
      `[boundless-ops]
aws_access_key_id = ${accessKeyId}
aws_secret_access_key = ${secretAccessKey}
aws_session_token = ${sessionToken}
`,
    );
    const config = path.join(folder, 'config');
    writeFileSync(config, '[profile boundless-ops]\nregion = us-west-2\n');
    environment = {
      // Only the profile that docs/packer.md names leads anywhere.
      AWS_SHARED_CREDENTIALS_FILE: credentials,
      AWS_CONFIG_FILE: config,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_ENDPOINT_URL: ops.proxy.endpoint,
      PATH: ops.environment['PATH']!,
      TOOLS_LOCK: writeToolsLock(folder, server.address),
      TOOLS_BIN: path.join(folder, 'bin'),
      TOOLS_CACHE: path.join(folder, 'cache'),
      // The local AWS has no spot requests.
      PKR_VAR_spot: 'false',
    };
  });

  const type = (commands: readonly string[]): Promise<Ended> =>
    run('bash', ['-c', `set -euo pipefail\n${commands.join('\n')}`], { cwd: work, standIns, env: environment });
  const images = async () => {
    const { Images } = await ops.ec2.send(new DescribeImagesCommand({ Owners: ['self'] }));
    return Images!.map(({ Name, ImageId, Tags }) => ({
      id: ImageId!,
      name: Name!,
      tags: Object.fromEntries(Tags!.map(({ Key = '', Value }) => [Key, Value])),
    }));
  };

  test('local development: all steps, as they are written', async () => {
    const blocks = bashIn(localDevelopment);
    expect(blocks).toHaveLength(6);
    const { code, stdout, stderr } = await type(blocks);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('installed tool');
    expect(stdout).toContain(ops.accountId);

    const made = await images();
    for (const image of imageKinds)
      expect(made.filter(({ tags }) => tags['Image'] === image && tags['Version'] === 'v1.2.2')).not.toEqual([]);
    expect(made.map(({ tags }) => tags['Environment']).sort()).toEqual([
      ...Array.from({ length: 4 }, () => 'production'),
      'staging',
    ]);
    expect(readFileSync(path.join(work, 'packer.log'), 'utf8')).toMatch(/\[INFO\] Packer version: \d/);
  });

  test('without the profile, nothing of it works: the test above used it', async () => {
    const { code, stdout } = await type(['aws sts get-caller-identity']);
    expect([code === 0, stdout]).toEqual([false, '']);
  });

  test('a single file cannot be built, with the words of the troubleshooting', async () => {
    const { code, stdout } = await run('packer', ['validate', '-var', 'boundless_version=v1.0.1', 'manager.pkr.hcl'], {
      cwd: 'packer',
    });
    expect([code, stdout.split('\n')[0]]).toEqual([1, 'Error: Undefined -var variable']);
    expect(readFileSync('docs/troubleshooting.md', 'utf8')).toContain('`Undefined -var variable`');
  });

  test('the instance of a stopped build is found by its id, and by its age', async () => {
    const { Instances } = await ops.ec2.send(
      new RunInstancesCommand({
        ImageId: sourceImage,
        MinCount: 1,
        MaxCount: 1,
        TagSpecifications: [
          {
            ResourceType: 'instance',
            Tags: [
              { Key: 'BuildId', Value: 'packer-build-project:01234567-89ab-cdef-0123-456789abcdef' },
              { Key: 'ManagedBy', Value: 'packer' },
            ],
          },
        ],
      }),
    );
    const instance = Instances![0]!.InstanceId!;
    const [byId, byAge] = bashIn(sectionOf('docs/building.md', '### What a build that was stopped leaves behind'));
    const profile = 'export AWS_PROFILE=boundless-ops';
    const found = await type([profile, byId!]);
    expect([found.code, found.stdout.split(instance).length - 1]).toEqual([0, 2]);
    const aged = await type([profile, byAge!.replace('i-0123456789abcdef0', instance)]);
    expect([aged.code, aged.stdout]).toEqual([0, expect.stringContaining('packer-build-project:01234567') as string]);
    expect(aged.stdout).toContain('shutting-down');
  });
});
