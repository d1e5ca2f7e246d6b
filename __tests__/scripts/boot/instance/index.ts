import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { brokerConfigurationOf } from '../../../../config/broker/configuration';
import type { BrokerValues } from '../../../../config/broker/keys';
import type { Market } from '../../../../config/broker/market';
import { clusterPath, type ImageKind, type InstanceRole } from '../../../../config/names';
import { pythonWithServer } from '../../../../lab/local-aws/python';
import { chroot, type RootRun, type Chroot } from '../../root/chroot';
import type { Ended } from '../../support';
import { startBootPrograms } from './boot-programs';
import { programs } from './programs';
import { attachable, release, setUp } from './set-up';

export const tools = [
  'unshare',
  'nsenter',
  'ip',
  'mkfs.ext4',
  'losetup',
  'perl',
  'psql',
  'redis-server',
  'python3-boto3',
];

export type Secrets = Readonly<Record<string, string | undefined>>;

/** What a cluster gives its instances; none of it is real. */
export const secretsOf: Secrets = {
  'database-password': "canary-db(p)~$x'&;!*+,=",
  'valkey-password': 'canary-valkey "p@ss\\:/%',
  storage: JSON.stringify({ accessKeyId: 'AKIACANARY', secretAccessKey: 'canary-storage-key' }),
  'wallet-key': `0x${'ca'.repeat(32)}`,
  'rpc-urls': 'https://rpc.example.com/canary-rpc-key,https://rpc.example.org/canary-rpc-key',
};

export interface InstanceOptions {
  readonly image?: ImageKind;
  readonly version?: string;
  readonly brokerVersion?: string;
}

interface Ran {
  readonly code: number | null;
  readonly log: string;
}

/** An instance of a cluster that has just booted from an image, with AWS around it. */
export interface Instance extends Chroot {
  /** The instance's id and a blank volume beside it, as EC2 knows them. */
  readonly instanceId: string;
  readonly volumeId: string;
  configure(env?: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ran>;
  /**
   * Ends the run at each thing that it would change, and starts another one each time, until one is through.
   *
   * @param at pattern of the things that count, such as `write` or `systemctl start`
   * @returns where it ended
   * @throws Error when the last one fails
   */
  configureWithCrashes(at?: RegExp): Promise<string[]>;
  refresh(...args: readonly string[]): Promise<Ran>;
  /** What programs need to find the local AWS, and the instance's credentials there. */
  readonly environment: Readonly<Record<string, string>>;
  drain(args?: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
  /** Python with boto3 beside the local AWS; what it leaves in `result`. */
  aws(code: string, given?: unknown): Promise<unknown>;
  /** Replaces values of the metadata service; undefined removes one. */
  metadata(values: Readonly<Record<string, string | undefined>>): void;
  /** What the lifecycle calls answer from now on. */
  hook(answer: 'ok' | readonly [code: string, message: string]): void;
  /** Lifecycle calls so far: action and result. */
  calls(): string[];
  /** The last of them, with all its parameters. */
  lastCall(): unknown;
  /** Runs a program of the boot as a user of the instance, with AWS around it. */
  asUser(user: string, command: readonly string[]): RootRun;
  settings(values: Readonly<Record<string, unknown>>): Promise<unknown>;
  secrets(values: Secrets): Promise<unknown>;
  /** What the cluster's stack gives to the broker of each release. */
  broker(values: Partial<BrokerValues>, releases?: Market['releases']): Promise<unknown>;
  /** What systemd was made to do since the last time this was asked. */
  events(): string[];
  /** Permissions and owners of what the boot wrote. */
  written(): Promise<Record<string, string>>;
}

const here = path.join(__dirname);
const region = 'us-west-2';
export const mac = '0e:00:00:00:00:01';
const endpoints = { AWS_ENDPOINT_URL: 'http://127.0.0.1:5000', AWS_ENDPOINT_URL_AUTOSCALING: 'http://127.0.0.1:5001' };
const credentials = { AWS_ACCESS_KEY_ID: 'AKIALOCAL', AWS_SECRET_ACCESS_KEY: 'local', AWS_DEFAULT_REGION: region };

async function ready(child: ChildProcess, what: string): Promise<void> {
  let errors = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (errors += text));
  await Promise.race([once(child.stdout!, 'data'), once(child, 'close')]);
  if (child.exitCode !== null) throw new Error(`${what} ended: ${errors}`);
}

/** Starts an instance; everything of it ends with `close`, and with this process. */
export async function startInstance(role: InstanceRole, options: InstanceOptions = {}): Promise<Instance> {
  const { image = role, version = 'v1.2.2', brokerVersion = version } = options;
  const outside = mkdtempSync(path.join(tmpdir(), 'boot-'));
  const root = await chroot(path.join(outside, 'root'), {
    shown: ['/usr/lib/postgresql'],
    ownNetwork: true,
  });
  const inNetwork = ['--target', String(root.pid), '--net', '--'];
  const write = (name: string, value: unknown) => {
    writeFileSync(path.join(outside, name), JSON.stringify(value));
  };

  // Outside of its files, inside of its network.
  const python = pythonWithServer();
  const around = [
    [path.resolve('lab/local-aws/start.py'), '--port', '5000'],
    [path.join(here, 'surroundings.py'), outside],
  ].map((args) =>
    spawn('nsenter', [...inNetwork, python, '-B', ...args], {
      stdio: ['pipe', args.length === 3 ? 'ignore' : 'pipe', 'pipe'],
      env: { ...process.env, MOTO_AMIS_PATH: path.resolve('lab/local-aws/images.json') },
    }),
  );
  around[0]!.stderr!.resume();
  await ready(around[1]!, 'the surroundings');

  const operator = spawn('nsenter', [...inNetwork, python, '-B', path.join(here, 'operator.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...endpoints, ...credentials },
  });
  const answers = createInterface(operator.stdout)[Symbol.asyncIterator]();
  let before = Promise.resolve<unknown>(undefined);
  const aws = (code: string, given: unknown = {}): Promise<unknown> => {
    const asked = before.then(async () => {
      operator.stdin.write(`${JSON.stringify({ code, given })}\n`);
      const { value } = (await answers.next()) as { value: string };
      const { result, error } = JSON.parse(value) as { result?: unknown; error?: string };
      if (error !== undefined) throw new Error(error);
      return result;
    });
    before = asked.catch(() => undefined);
    return asked;
  };

  mkdirSync(root.path('/repository'));
  spawnSync('cp', ['-r', '--parents', 'scripts/boot', 'service_files', root.path('/repository')]);
  mkdirSync(root.path('/run/started'), { recursive: true });
  root.write({
    '/etc/bento/release.json': JSON.stringify({ image, version, broker_version: brokerVersion, artifacts: [] }),
    '/run/migrations': '5',
    '/run/gpus': '0\n1\n',
    '/run/migrating': '',
    '/stand-ins/python/sitecustomize.py': readFileSync(path.join(here, 'sitecustomize.py')),
    '/stand-ins/boot-programs.py': readFileSync(path.join(here, 'boot-programs.py')),
    '/stand-ins/service-manager.py': readFileSync(path.join(here, 'service-manager.py')),
  });
  // Its own file: the overlay would write through no other.
  rmSync(root.path('/usr/bin/systemctl'), { force: true });
  root.write({ '/usr/bin/systemctl': readFileSync(path.join(here, 'systemctl.pl')), ...programs }, 0o755);
  await setUp(root);
  const boot = startBootPrograms(root);
  const manager = root.run(['/usr/bin/python3', '/stand-ins/service-manager.py']);
  for (let tries = 0; !existsSync(root.path('/run/manager.sock')); tries += 1) {
    if (tries > 200) throw new Error('the service manager does not start');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }

  const { instanceId, interfaceId, volumeId } = (await aws(
    `
import time, urllib.request
for attempt in range(300):
    try:
        urllib.request.urlopen("http://127.0.0.1:5000/moto-api/")
        break
    except OSError:
        time.sleep(0.1)
ec2 = boto3.client("ec2")
image = ec2.describe_images()["Images"][0]["ImageId"]
instance = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]
volume = ec2.create_volume(Size=1, AvailabilityZone=instance["Placement"]["AvailabilityZone"])
boto3.client("s3").create_bucket(Bucket="bento-storage", CreateBucketConfiguration={"LocationConstraint": "${region}"})
interface = instance["NetworkInterfaces"][0]
result = {"instanceId": instance["InstanceId"], "interfaceId": interface["NetworkInterfaceId"],
    "volumeId": volume["VolumeId"]}`,
  )) as Record<'instanceId' | 'interfaceId' | 'volumeId', string>;

  let values: Record<string, string | undefined> = {};
  const metadata = (changed: typeof values) => {
    values = { ...values, ...changed };
    write('metadata.json', values);
  };
  metadata({
    mac,
    'instance-id': instanceId,
    'local-ipv4': '127.0.0.2',
    'placement/region': region,
    [`network/interfaces/macs/${mac}/interface-id`]: interfaceId,
    [`network/interfaces/macs/${mac}/vpc-ipv4-cidr-blocks`]: '10.20.0.0/16\n127.0.0.0/8',
    'tags/instance/Role': role,
    'tags/instance/Environment': 'staging',
    'tags/instance/aws:autoscaling:groupName': `prover-cluster-staging-${role}`,
    'autoscaling/target-lifecycle-state': 'InService',
  });
  write('hook.json', 'ok');
  const settings = (changed: Readonly<Record<string, unknown>>) =>
    aws('boto3.client("ssm").put_parameter(Name=given["name"], Value=given["value"], Type="String", Overwrite=True)', {
      name: `${clusterPath('staging')}/settings`,
      // Not as many as this computer is large enough for.
      value: JSON.stringify({ managerAddress: '127.0.0.9', bucket: 'bento-storage', executors: 1, ...changed }),
    });
  const secrets = (named: Secrets) =>
    aws(
      `
client = boto3.client("secretsmanager")
for name, value in given.items():
    try:
        client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    except client.exceptions.ResourceNotFoundException:
        pass
    if value is not None:
        client.create_secret(Name=name, SecretString=value)`,
      Object.fromEntries(
        Object.entries(named).map(([name, value]) => [`${clusterPath('staging')}/${name}`, value ?? null]),
      ),
    );
  const broker: Instance['broker'] = (given, releases = { from: 'v1.0.0', to: 'v1.2.2' }) =>
    aws('boto3.client("ssm").put_parameter(Name=given["name"], Value=given["value"], Type="String", Overwrite=True)', {
      name: `${clusterPath('staging')}/broker-configuration`,
      value: brokerConfigurationOf({ releases, market: {}, prover: {}, batcher: {}, ...given }),
    });
  await settings({});
  await broker({});
  await secrets(secretsOf);
  await attachable(root, outside, volumeId);

  const environment = { ...endpoints, ...credentials, PYTHONPATH: '/stand-ins/python', PYTHONDONTWRITEBYTECODE: '1' };
  let read = 0;
  const configure: Instance['configure'] = async (env = {}, ...args) => {
    const { code, stdout, stderr } = await boot.run('configure.py', args, { ...environment, ...env });
    return { code, log: stdout + stderr };
  };
  return {
    ...root,
    configure,
    async refresh(...args) {
      const { code, stdout, stderr } = await boot.run('refresh.py', args, environment);
      return { code, log: stdout + stderr };
    },
    async configureWithCrashes(at = /./) {
      const file = '/run/crashes';
      root.write({ [file]: '' });
      for (;;) {
        const { code, log } = await configure({ CRASH_ONCE: file, CRASH_AT: at.source });
        if (code !== 137 && code !== 0) throw new Error(log);
        if (code === 0) return root.read(file).trim().split('\n');
      }
    },
    instanceId,
    volumeId,
    aws,
    metadata,
    settings,
    secrets,
    broker,
    hook: (answer) => {
      write('hook.json', answer);
    },
    environment,
    drain: (args = [], env = {}) => boot.run('drain.py', args, { ...environment, ...env }),
    lastCall: () => JSON.parse(readFileSync(path.join(outside, 'calls'), 'utf8').trim().split('\n').at(-1)!) as unknown,
    asUser: (user, command) =>
      root.run(['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups', ...command], environment),
    calls() {
      const file = path.join(outside, 'calls');
      const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
      return lines.map((line) => {
        const { Action, LifecycleHookName, LifecycleActionResult } = JSON.parse(line) as Record<string, string>;
        return [LifecycleHookName, Action, LifecycleActionResult].filter((word) => word !== undefined).join(' ');
      });
    },
    events() {
      const lines = existsSync(root.path('/run/manager.log')) ? root.read('/run/manager.log').trim().split('\n') : [];
      const news = lines.slice(read);
      read = lines.length;
      return news;
    },
    async written() {
      const { stdout } = await root.run(['find', '/etc/bento', '-type', 'f', '-printf', '%P %m %u:%g\n']);
      return Object.fromEntries(
        stdout
          .trim()
          .split('\n')
          .sort()
          .map((line) => [line.split(' ')[0]!, line.slice(line.indexOf(' ') + 1)]),
      );
    },
    async close() {
      // Services first, then their disk: a disk whose file is in the root would keep the root, and itself, for ever.
      manager.kill();
      await Promise.all([manager, boot.close()]);
      const { code, stderr } = await root.run(['bash', '-c', release]);
      await root.close();
      for (const child of [...around, operator]) child.stdin!.end();
      await Promise.all(
        [...around, operator].map(async (child) => (child.exitCode === null ? once(child, 'close') : undefined)),
      );
      rmSync(outside, { recursive: true, force: true });
      if (code !== 0) throw new Error(`the disk of the instance stays behind: ${stderr}`);
    },
  };
}
