import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run, temporaryFolder } from '../scripts/support';
import { describeWith } from '../support/tools';

const folder = 'service_files';
const names = readdirSync(folder);
const services = names.filter((name) => name.endsWith('.service'));
const targets = names.filter((name) => name.endsWith('.target'));

/** The values of each directive of a unit. */
function directives(name: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [, key, value] of readFileSync(path.join(folder, name), 'utf8').matchAll(/^(\w+)=(.*)$/gm))
    found.set(key!, [...(found.get(key!) ?? []), value!]);
  return found;
}

test('these are the units', () => {
  expect(services).toEqual(
    ['aux', 'api', 'broker', 'executor', 'prover'].map((role) => `bento-${role}.service`).sort(),
  );
  expect(targets).toEqual(['bento-manager.target', 'bento-prover.target']);
});

describeWith(['systemd-analyze'], 'systemd', () => {
  const root = temporaryFolder();

  beforeAll(() => {
    const units = path.join(root, 'etc/systemd/system');
    mkdirSync(units, { recursive: true });
    for (const name of [...services, ...targets]) copyFileSync(path.join(folder, name), path.join(units, name));
    const own = '/usr/lib/systemd/system';
    for (const name of readdirSync(own).filter((unit) => /\.(target|slice)$/.test(unit)))
      copyFileSync(path.join(own, name), path.join(units, name));
    for (const program of ['bento-agent', 'bento-rest-api', 'broker', 'nvidia-modprobe'].flatMap((file) => [
      `usr/local/bin/${file}`,
      `usr/bin/${file}`,
    ])) {
      mkdirSync(path.dirname(path.join(root, program)), { recursive: true });
      writeFileSync(path.join(root, program), '#!/bin/sh\n');
      chmodSync(path.join(root, program), 0o755);
    }
  });

  test.each([...services, ...targets])('has nothing to say about %s', async (name) => {
    const { code, stdout, stderr } = await run('systemd-analyze', ['verify', '--man=no', `--root=${root}`, name]);
    expect([stdout, stderr]).toEqual(['', '']);
    expect(code).toBe(0);
  });

  test.each(services)('finds %s exposed by 3.0 at most, of 10', async (name) => {
    const { code, stdout } = await run('systemd-analyze', [
      'security',
      '--offline=true',
      '--threshold=30',
      path.join(root, 'etc/systemd/system', name),
    ]);
    expect([code, stdout.trim().split('\n').at(-1)]).toEqual([0, expect.stringContaining('Overall exposure level')]);
  });
});

describe.each(services)('%s', (name) => {
  const unit = directives(name);
  const role = /^bento-(\w+)\./.exec(name)![1]!;
  const target = role === 'prover' ? 'bento-prover.target' : 'bento-manager.target';

  test('runs as bento, and may do no more than it needs', () => {
    expect(unit.get('User')).toEqual(['bento']);
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
    expect(unit.get('CapabilityBoundingSet')).toEqual(['']);
    expect(unit.get('UMask')).toEqual(['0077']);
  });

  test('hides devices, but from the prover, which needs its GPU', () => {
    const expected = role === 'prover' ? undefined : ['yes'];
    expect([unit.get('PrivateDevices'), unit.get('ProtectClock')]).toEqual([expected, expected]);
  });

  test('has an environment of its own, and none in the image', () => {
    expect(unit.get('EnvironmentFile')).toEqual([`/etc/bento/${role}.env`]);
    for (const setting of unit.get('Environment') ?? []) expect(setting).not.toMatch(/KEY|SECRET|PASSWORD|URL|POVW/);
  });

  test('writes only below its own folder', () => {
    expect(unit.get('StateDirectory')).toEqual([`bento/${role}`]);
    expect(unit.get('StateDirectoryMode')).toEqual(['0700']);
  });

  test('waits for the network, and gives up after a bounded number of restarts', () => {
    expect(unit.get('After')![0]!.split(' ')).toContain('network-online.target');
    expect(unit.get('Wants')).toEqual(['network-online.target']);
    const seconds = Number(unit.get('RestartSec')![0]) * Number(unit.get('StartLimitBurst')![0]);
    expect(unit.get('StartLimitIntervalSec')).toEqual(['30min']);
    expect(seconds).toBeLessThan(30 * 60);
  });

  test('starts and stops with its target only', () => {
    expect([unit.get('WantedBy'), unit.get('PartOf')]).toEqual([[target], [target]]);
  });
});

test('nothing starts a target: the role is chosen at boot', () => {
  for (const name of targets) expect(directives(name).has('WantedBy')).toBe(false);
});

test.each([
  ['api', '/usr/local/bin/bento-rest-api --bind-addr 0.0.0.0:8081 --snark-timeout 180'],
  ['executor', '/usr/local/bin/bento-agent -t exec'],
  ['aux', '/usr/local/bin/bento-agent -t aux --monitor-requeue'],
  ['prover', '/usr/local/bin/bento-agent -t prove'],
  ['broker', '/usr/local/bin/broker --db-url sqlite:///var/lib/bento/broker/broker.db'],
])('%s is told by flags, which every version takes', (role, command) => {
  const [line] = directives(`bento-${role}.service`).get('ExecStart')!;
  expect(line!.startsWith(command)).toBe(true);
  // A stray word would be taken for the database's address, an unset variable for a flag's value.
  expect(line).not.toMatch(/\$|  /);
});

test('agents of one machine do not share a metrics port, and show it to nobody else', () => {
  const ports = services.flatMap((name) =>
    (directives(name).get('Environment') ?? []).filter((setting) => setting.startsWith('PROMETHEUS_METRICS_ADDR=')),
  );
  expect(new Set(ports).size).toBe(3);
  for (const port of ports) expect(port).toMatch(/=127\.0\.0\.1:\d+$/);
});

test('the broker may drain for two hours, while what it needs stays up', () => {
  const broker = directives('bento-broker.service');
  expect(Number(broker.get('TimeoutStopSec')![0])).toBeGreaterThanOrEqual(7200 + 30);
  const after = broker.get('After')![0]!.split(' ');
  for (const unit of ['bento-api', 'bento-executor', 'bento-aux', 'postgresql'])
    expect(after).toContain(`${unit}.service`);
});

test('broker.toml has what 1.0 requires, under the names that all of 1.0 to 1.2 take', () => {
  const text = readFileSync(path.join(folder, 'broker.toml'), 'utf8');
  const sections = new Map<string, string[]>();
  let section: string[] = [];
  for (const line of text.split('\n')) {
    const [, header, key] = /^(?:\[(\w+)\]|(\w+) = .+)$/.exec(line) ?? [];
    if (header !== undefined) sections.set(header, (section = []));
    if (key !== undefined) section.push(key);
  }
  expect(sections.get('market')).toEqual(
    expect.arrayContaining([
      'mcycle_price',
      'mcycle_price_collateral_token',
      'max_collateral',
      'min_deadline',
      'lookback_blocks',
      'max_file_size',
    ]),
  );
  expect(sections.get('prover')).toEqual([
    'status_poll_retry_count',
    'status_poll_ms',
    'req_retry_count',
    'req_retry_sleep_ms',
    'proof_retry_count',
    'proof_retry_sleep_ms',
  ]);
  expect(sections.get('batcher')).toEqual(['block_deadline_buffer_secs']);
  expect(text).not.toMatch(/^min_mcycle_price/m);
});
