import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { drainMinutes } from '../../config/contract';
import { run, temporaryFolder } from '../scripts/support';
import { describeWith } from '../support/tools';

const folder = 'service_files';
const shared = path.join(folder, 'bento-.service.d', 'hardening.conf');
const names = readdirSync(folder);
const services = names.filter((name) => name.endsWith('.service'));
const targets = names.filter((name) => name.endsWith('.target'));

type Directives = ReadonlyMap<string, readonly string[]>;

/** The values of each directive of a file. */
function read(file: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [, key, value] of readFileSync(file, 'utf8').matchAll(/^(\w+)=(.*)$/gm))
    found.set(key!, [...(found.get(key!) ?? []), value!]);
  return found;
}

const directives = (name: string): Directives => read(path.join(folder, name));

/** A template is looked at as one of its instances. */
const instance = (name: string) => name.replace('@.', '@0.');
const words = (unit: Directives, key: string) => (unit.get(key) ?? []).flatMap((value) => value.split(' '));

/** What serves Bento, by its target; who it runs as; and what is written at boot for it. */
const serving: Readonly<Record<string, { target: string; user: string; reads: readonly string[] }>> = {
  'bento-api.service': { target: 'bento-manager.target', user: 'bento-api', reads: ['/etc/bento/api.env'] },
  'bento-aux.service': { target: 'bento-manager.target', user: 'bento-aux', reads: ['/etc/bento/aux.env'] },
  'bento-broker.service': { target: 'bento-manager.target', user: 'bento-broker', reads: ['/etc/bento/broker.env'] },
  'bento-executor@.service': {
    target: 'bento-manager.target',
    user: 'bento-executor',
    reads: ['/etc/bento/executor.env'],
  },
  'bento-postgresql.service': { target: 'bento-manager.target', user: 'postgres', reads: [] },
  'bento-valkey.service': { target: 'bento-manager.target', user: 'valkey', reads: [] },
  'bento-prover@.service': { target: 'bento-prover.target', user: 'bento', reads: ['/etc/bento/prover.env'] },
};
/** Services of the instance itself. */
const onInstance = [
  'bento-cleanup.service',
  'bento-configure.service',
  'bento-drain.service',
  'bento-logs.service',
  'bento-prover.service',
  'bento-queue.service',
  'bento-refresh.service',
  'bento-replace@.service',
  'bento-smoke@.service',
];
const timers = names.filter((name) => name.endsWith('.timer'));

/** Why a unit that runs as root does, and the capabilities that it keeps for it. */
const powers: Readonly<Record<string, string>> = {
  'bento-configure.service': 'CAP_CHOWN CAP_NET_ADMIN',
  'bento-drain.service': '',
  'bento-prover.service': '',
  'bento-refresh.service': 'CAP_CHOWN',
};
/** Users of what works beside the role: of its own, but for who owns the tables of the task database. */
const ownUsers: Readonly<Record<string, string>> = {
  'bento-cleanup.service': 'bento',
  'bento-queue.service': 'bento-queue',
  'bento-replace@.service': 'bento-replace',
  'bento-smoke@.service': 'bento-smoke',
};
/** Those that see devices, since they ask for GPUs or format a volume. */
const seeingDevices = [
  'bento-configure.service',
  'bento-logs.service',
  'bento-prover.service',
  'bento-prover@.service',
];

/** Those that act with the role of the instance, or start what does: every other one cannot reach the metadata service. */
const withRole = [
  'bento-configure.service',
  'bento-drain.service',
  'bento-logs.service',
  'bento-prover.service',
  'bento-queue.service',
  'bento-refresh.service',
  'bento-replace@.service',
];

test('these are the units', () => {
  expect(services).toEqual([...Object.keys(serving), ...onInstance].sort());
  expect(targets).toEqual(['bento-manager.target', 'bento-prover.target']);
});

describeWith(['systemd-analyze'], 'systemd', () => {
  const root = temporaryFolder();

  beforeAll(() => {
    const units = path.join(root, 'etc/systemd/system');
    cpSync(folder, units, { recursive: true });
    const own = '/usr/lib/systemd/system';
    for (const name of readdirSync(own).filter((unit) => /\.(target|slice)$/.test(unit)))
      copyFileSync(path.join(own, name), path.join(units, name));
    const programs = services.flatMap((name) =>
      [...directives(name)].flatMap(([key, values]) =>
        key.startsWith('Exec') ? values.map((value) => value.replace(/^[-@:+!]*/, '').split(' ')[0]!) : [],
      ),
    );
    for (const program of programs) {
      mkdirSync(path.dirname(path.join(root, program)), { recursive: true });
      writeFileSync(path.join(root, program), '#!/bin/sh\n');
      chmodSync(path.join(root, program), 0o755);
    }
  });

  test.each([...services, ...targets, ...timers].map(instance))('reports nothing about %s', async (name) => {
    const { code, stdout, stderr } = await run('systemd-analyze', ['verify', '--man=no', `--root=${root}`, name]);
    expect([stdout, stderr]).toEqual(['', '']);
    expect(code).toBe(0);
  });

  test.each(services.map(instance))('finds %s exposed by 3.0 at most, of 10', async (name) => {
    const { code, stdout } = await run('systemd-analyze', [
      'security',
      '--offline=true',
      `--root=${root}`,
      '--threshold=30',
      name,
    ]);
    expect([code, stdout.trim().split('\n').at(-1)]).toEqual([0, expect.stringContaining('Overall exposure level')]);
  });
});

test('all that starts with a target stops in the reverse of its order', () => {
  for (const [name, after] of Object.entries({
    'bento-executor@.service': ['bento-postgresql.service', 'bento-valkey.service'],
    'bento-aux.service': ['bento-postgresql.service', 'bento-valkey.service'],
    'bento-api.service': ['bento-postgresql.service', 'bento-aux.service'],
    'bento-broker.service': [
      'bento-api.service',
      'bento-aux.service',
      'bento-postgresql.service',
      'bento-valkey.service',
    ],
  }))
    expect([name, words(directives(name), 'After')]).toEqual([name, expect.arrayContaining(after)]);
  // Nothing can come after all instances of a template.
  expect(words(directives('bento-executor@.service'), 'Before')).toEqual(['bento-api.service', 'bento-broker.service']);
});

test('what no unit needs, all units are without', () => {
  const unit = read(shared);
  for (const directive of [
    'NoNewPrivileges',
    'ProtectHome',
    'PrivateTmp',
    'ProtectControlGroups',
    'ProtectHostname',
    'ProtectKernelLogs',
    'ProtectKernelModules',
    'ProtectKernelTunables',
    'RestrictNamespaces',
    'RestrictRealtime',
    'RestrictSUIDSGID',
    'LockPersonality',
    'PrivateMounts',
  ])
    expect([directive, unit.get(directive)]).toEqual([directive, ['yes']]);
  expect(unit.get('ProtectSystem')).toEqual(['strict']);
  expect(unit.get('UMask')).toEqual(['0077']);
  expect(unit.get('LimitCORE')).toEqual(['0']);
  // A drop-in counts more than the unit, which therefore cannot take any of it back.
  for (const name of services)
    for (const key of directives(name).keys()) if (key !== 'Environment') expect(unit.has(key)).toBe(false);
});

describe.each(services)('%s', (name) => {
  const unit = directives(name);

  test('has its own user, or root without its powers', () => {
    const users =
      name === 'bento-logs.service' || name in powers ? undefined : [serving[name]?.user ?? ownUsers[name]!];
    expect(unit.get('User')).toEqual(users);
    expect(unit.get('DynamicUser')).toEqual(name === 'bento-logs.service' ? ['yes'] : undefined);
    expect(unit.get('CapabilityBoundingSet')).toEqual([powers[name] ?? '']);
  });

  test('reaches the metadata service only where it needs the role of the instance', () => {
    // Addresses of the instance metadata service (Amazon EC2 User Guide, "Access instance metadata for an EC2 instance").
    expect(unit.get('IPAddressDeny')).toEqual(withRole.includes(name) ? undefined : ['169.254.169.254 fd00:ec2::254']);
  });

  test('hides devices, where it needs none', () => {
    expect(unit.get('PrivateDevices')).toEqual(seeingDevices.includes(name) ? undefined : ['yes']);
  });

  test('has no secret in the image', () => {
    for (const setting of unit.get('Environment') ?? []) expect(setting).not.toMatch(/KEY|SECRET|PASSWORD|URL|POVW/);
  });

  test('has limits', () => {
    if (unit.get('Type')![0] === 'oneshot') {
      expect(unit.get('TimeoutStartSec')![0]).toMatch(/^\d+(s|min|h)$/);
      return;
    }
    expect(unit.get('MemoryMax')![0]).toMatch(/^\d+[GM%]$/);
    expect(Number(unit.get('TasksMax')![0])).toBeGreaterThan(0);
  });

  test('uses no variable that could be unset', () => {
    // A stray word would be taken for the database's address, an unset variable for a flag's value.
    for (const line of unit.get('ExecStart')!) {
      expect(line).not.toMatch(/\$[^{]|  /);
      for (const [, variable] of line.matchAll(/\$\{(\w+)\}/g))
        expect(unit.get('Environment')!.some((setting) => setting.startsWith(`${variable!}=`))).toBe(true);
    }
  });
});

describe.each(Object.entries(serving))('%s', (name, { target, reads }) => {
  const unit = directives(name);
  const id = /^bento-(\w+)/.exec(name)![1]!;

  test('has an environment of its own', () => {
    expect(unit.get('EnvironmentFile') ?? []).toEqual(reads);
  });

  test('writes only below its own folder', () => {
    expect(unit.get('StateDirectory')).toEqual([`bento/${id}${name.includes('@') ? '-%i' : ''}`]);
    expect(unit.get('StateDirectoryMode')).toEqual(['0700']);
    expect(unit.has('ReadWritePaths')).toBe(false);
  });

  test('waits for the network, and gives up after a bounded number of restarts', () => {
    expect(words(unit, 'After')).toContain('network-online.target');
    expect(unit.get('Wants')).toEqual(['network-online.target']);
    const seconds = Number(unit.get('RestartSec')![0]) * Number(unit.get('StartLimitBurst')![0]);
    expect(unit.get('StartLimitIntervalSec')).toEqual(['30min']);
    expect(seconds).toBeLessThan(30 * 60);
  });

  test('starts and stops with its target only', () => {
    expect(unit.get('PartOf')).toEqual([target]);
    // The boot adds executors to what the target wants: executors.test.ts.
    if (name === 'bento-executor@.service') return;
    const wanted = name.includes('@') ? 'bento-prover.service' : name;
    expect(words(directives(target), 'Wants')).toContain(wanted);
  });
});

test('on a manager each service of upstream has a user that no other one has', () => {
  const users = ['api', 'aux', 'broker', 'executor@', 'postgresql', 'valkey'].map(
    (name) => directives(`bento-${name}.service`).get('User')![0],
  );
  expect(new Set(users).size).toBe(users.length);
});

test('nothing starts by itself but the configuration and the drain: the role is chosen at boot', () => {
  const started = [...services, ...targets, ...timers].filter((name) => directives(name).has('WantedBy'));
  const atBoot = started.filter((name) => directives(name).get('WantedBy')![0] === 'multi-user.target');
  expect(atBoot).toEqual(['bento-configure.service', 'bento-drain.service']);
  for (const name of targets) expect(directives(name).has('WantedBy')).toBe(false);
});

test('an instance looks for changes every few minutes, but never all instances at once', () => {
  expect(timers).toContain('bento-refresh.timer');
  const timer = directives('bento-refresh.timer');
  for (const key of ['OnActiveSec', 'OnUnitInactiveSec']) expect(timer.get(key)).toEqual(['5min']);
  expect(timer.get('RandomizedDelaySec')).toEqual(['2min']);
  // It waits for a configuration that runs at the same time.
  expect(words(directives('bento-refresh.service'), 'After')).toContain('bento-configure.service');
});

test('agents have the time to finish their tasks before and after a refresh that fails', () => {
  const seconds = Number(directives('bento-prover@.service').get('TimeoutStopSec')![0]);
  const limit = directives('bento-refresh.service').get('TimeoutStartSec')![0]!;
  expect(Number.parseInt(limit, 10) * 3600).toBeGreaterThan(2 * 8 * (seconds + 20));
});

test('the queue is measured each minute, from when the database is migrated until the broker has stopped', () => {
  const timer = directives('bento-queue.timer');
  expect([timer.get('OnCalendar'), timer.get('AccuracySec')]).toEqual([['minutely'], ['1s']]);
  expect([timer.get('After'), timer.get('Before')]).toEqual([['bento-api.service'], ['bento-broker.service']]);
  for (const unit of [timer, directives('bento-queue.service')])
    expect(unit.get('PartOf')).toEqual(['bento-manager.target']);
  expect(words(directives('bento-manager.target'), 'Wants')).toContain('bento-queue.timer');
});

test('done jobs are deleted each hour, and never by Bento itself', () => {
  expect(directives('bento-aux.service').get('Environment')).toContain('BENTO_DISABLE_COMPLETED_CLEANUP=true');
  const timer = directives('bento-cleanup.timer');
  expect([timer.get('OnCalendar'), timer.get('After')]).toEqual([['hourly'], ['bento-api.service']]);
  for (const unit of [timer, directives('bento-cleanup.service')])
    expect(unit.get('PartOf')).toEqual(['bento-manager.target']);
  expect(words(directives('bento-manager.target'), 'Wants')).toContain('bento-cleanup.timer');
});

test('a boot that fails and an agent that fails for good have the instance replaced, and nothing else does', () => {
  const replacing = services.filter((name) => directives(name).has('OnFailure'));
  expect(replacing).toEqual(['bento-configure.service', 'bento-prover@.service']);
  for (const name of replacing) expect(directives(name).get('OnFailure')).toEqual(['bento-replace@%N.service']);
  // Until Auto Scaling was notified: it takes an instance that is up for a healthy one.
  const unit = directives('bento-replace@.service');
  expect([unit.get('Restart'), unit.get('RestartSec')]).toEqual([['on-failure'], ['60']]);
  const [folder] = directives('bento-configure.service').get('RuntimeDirectory')!;
  expect(readFileSync('scripts/boot/bento_boot/lifecycle.py', 'utf8')).toContain(`Path("/run/${folder!}/done")`);
  expect(directives('bento-configure.service').get('RuntimeDirectoryPreserve')).toEqual(['yes']);
});

test('systemd gives up on an agent that fails by itself, and never on one whose manager is away', () => {
  const unit = directives('bento-prover@.service');
  expect(unit.get('ExecStopPost')).toEqual(['/usr/local/lib/boundless/await-manager.sh']);
  const waits = Number(/WITHIN_S:-(\d+)/.exec(readFileSync('scripts/boot/await-manager.sh', 'utf8'))![1]);
  const [tries, pause] = [Number(unit.get('StartLimitBurst')![0]), Number(unit.get('RestartSec')![0])];
  const minutes = Number.parseInt(unit.get('StartLimitIntervalSec')![0]!, 10);
  expect(tries * pause).toBeLessThan(minutes * 60);
  expect(tries * (pause + waits)).toBeGreaterThan(1.5 * minutes * 60);
  expect(waits).toBeLessThan(Number(unit.get('TimeoutStopSec')![0]));
});

test('an instance that is being baked takes no role', () => {
  const [marker] = /\/etc\/apt\/\S+boundless-bake/.exec(readFileSync('scripts/lib/system.sh', 'utf8'))!;
  for (const name of ['bento-configure.service', 'bento-drain.service'])
    expect(directives(name).get('ConditionPathExists')).toEqual([`!${marker}`]);
});

test.each([
  ['api', '/usr/local/bin/bento-rest-api --bind-addr 0.0.0.0:8081 --snark-timeout ${SNARK_TIMEOUT_S}'],
  ['executor@', '/usr/local/bin/bento-agent -t exec --segment-po2 ${SEGMENT_PO2}'],
  ['aux', '/usr/local/bin/bento-agent -t aux --monitor-requeue'],
  ['prover@', '/usr/local/bin/bento-agent -t prove'],
  ['broker', '/usr/local/bin/broker --db-url sqlite:///var/lib/bento/broker/broker.db'],
])('%s gets its settings by flags, which every version takes', (role, command) => {
  expect(directives(`bento-${role}.service`).get('ExecStart')![0]!.startsWith(command)).toBe(true);
});

test('agents of one instance do not share a metrics port, and show it to nobody else', () => {
  const ports = services.flatMap((name) =>
    (directives(name).get('Environment') ?? []).filter((setting) => setting.startsWith('PROMETHEUS_METRICS_ADDR=')),
  );
  expect(ports.map((setting) => setting.replace('%i', '7'))).toEqual([
    'PROMETHEUS_METRICS_ADDR=127.0.0.1:9092',
    'PROMETHEUS_METRICS_ADDR=127.0.0.1:937',
    'PROMETHEUS_METRICS_ADDR=127.0.0.1:9107',
  ]);
});

test('each agent has a GPU of its own', () => {
  expect(words(directives('bento-prover@.service'), 'Environment')).toEqual(
    expect.arrayContaining(['CUDA_VISIBLE_DEVICES=%i', 'CUDA_DEVICE_ORDER=PCI_BUS_ID']),
  );
});

test('the broker may drain for two hours', () => {
  expect(drainMinutes).toBeGreaterThanOrEqual(2.25 * 60);
});

test('the boot may wait for a manager that drains, and for a database that recovers', () => {
  const limit = directives('bento-configure.service').get('TimeoutStartSec')![0]!;
  const margin = Number(
    /FREE_WITHIN_S = DRAIN_S \+ (\d+) \* 60/.exec(readFileSync('scripts/boot/bento_boot/volume.py', 'utf8'))![1],
  );
  expect(Number.parseInt(limit, 10) * 60).toBeGreaterThan(drainMinutes + margin + 60);
});
