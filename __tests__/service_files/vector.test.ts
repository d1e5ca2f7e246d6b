import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { logGroups, instanceMetricNamespace, instanceRoles } from '../../config/names';
import { python } from '../scripts/boot/python';

interface Sink {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly group_name?: string;
  readonly default_namespace?: string;
  readonly create_missing_group?: boolean;
  readonly buffer?: { readonly type: string; readonly max_size?: number; readonly when_full: string };
}
interface Configuration {
  readonly sources: Readonly<Record<string, { readonly namespace?: string }>>;
  readonly transforms: Readonly<Record<string, { readonly inputs: readonly string[]; readonly source?: string }>>;
  readonly sinks: Readonly<Record<string, Sink>>;
}

const files = ['vector.yaml', 'vector-gpu.yaml'];
const text = (file: string) => readFileSync(`service_files/${file}`, 'utf8');
const configurations = files.map((file) => parse(text(file)) as Configuration);
const sinks = configurations.flatMap((configuration) => Object.values(configuration.sinks));

test('every input is there', () => {
  for (const { sources, transforms, sinks: ends } of configurations)
    for (const { inputs } of [...Object.values(transforms), ...Object.values(ends)])
      for (const input of inputs) expect({ ...sources, ...transforms }).toHaveProperty(input);
});

test('logs wait on disk while the network is away, and none is dropped', () => {
  const logs = sinks.filter(({ type }) => type === 'aws_cloudwatch_logs');
  expect(logs).toHaveLength(2);
  for (const { buffer, create_missing_group: makes } of logs) {
    expect(buffer).toMatchObject({ type: 'disk', when_full: 'block' });
    // Vector's least.
    expect(buffer!.max_size).toBeGreaterThanOrEqual(268435488);
    // The stack makes the group, with key and retention.
    expect(makes).toBe(false);
  }
});

test('measurements go into the namespace that the boot gives', () => {
  const metrics = sinks.filter(({ type }) => type === 'aws_cloudwatch_metrics');
  expect(metrics.map((sink) => sink.default_namespace)).toEqual(['${METRIC_NAMESPACE}', '${METRIC_NAMESPACE}']);
  expect(configurations[0]!.sources['instance']!.namespace).toBe('${METRIC_NAMESPACE}');
});

test('every variable is one that the boot writes, and the group is the one of the stack', () => {
  const used = new Set(
    files.flatMap((file) =>
      [
        ...text(file)
          .replaceAll('$$', '')
          .matchAll(/\$\{(\w+)\}/g),
      ].map(([, name]) => name!),
    ),
  );
  for (const role of instanceRoles) {
    const written = python(
      `
from bento_boot import logs
from bento_boot.identity import Instance, Purpose
instance = Instance("i-0123456789abcdef0", "us-west-2", "10.0.0.1", "eni-1", [], None)
print(json.dumps(logs.variables(instance, Purpose(given["role"], "staging"))))`,
      { role },
    ).value as Record<string, string>;
    // Written once the secrets have been read; the configuration has a default.
    expect([...Object.keys(written), 'REDACTED']).toEqual(expect.arrayContaining([...used]));
    expect(written['LOG_GROUP']).toBe(logGroups.instance('staging', role));
    // What instances may write to, by their role's policy.
    expect(written['METRIC_NAMESPACE']).toBe(instanceMetricNamespace);
    expect(written['VECTOR_CONFIG']!.split(',').map((file) => file.replace('/usr/local/share/boundless/', ''))).toEqual(
      role === 'manager' ? ['vector.yaml'] : files,
    );
  }
});

describe('what is redacted', () => {
  // Rust's expressions are written like JavaScript's here, but for the doubled dollar sign of the configuration.
  const source = configurations[0]!.transforms['lines']!.source!;
  // The first step has the secrets of the instance: __tests__/scripts/boot/redaction.test.ts.
  const steps = [...source.replace(/\$\{REDACTED:-(.+?)\}/, '$1').matchAll(/replace\(text, r'(.+?)', "(.*?)"\)/g)].map(
    ([, pattern, replacement]) =>
      [new RegExp(pattern!.replaceAll('(?P<', '(?<'), 'g'), replacement!.replace(/\$\$\{(\w+)\}/g, '$<$1>')] as const,
  );
  const redact = (line: string) => steps.reduce((done, [pattern, by]) => done.replace(pattern, by), line);

  test.each([
    ['using https://eth.example.com/v2/abcdEFGH0123456789_-xyz now', 'using https://eth.example.com/v2/<redacted> now'],
    ['wss://eth.example.com/ws/v3/0123456789abcdef0123456789abcdef', 'wss://eth.example.com/ws/v3/<redacted>'],
    ['"https://rpc.example.com/?apikey=secret&x=1"', '"https://rpc.example.com/?<redacted>"'],
    ['https://user:pass@rpc.example.com/', 'https://<redacted>@rpc.example.com/'],
    ['postgresql://bento:p%40ss@127.0.0.1:5432/taskdb', 'postgresql://<redacted>@127.0.0.1:5432/taskdb'],
    ['redis://:word@10.0.0.1:6379/0', 'redis://<redacted>@10.0.0.1:6379/0'],
    [
      'a: https://a.example.com/k/aaaaaaaaaaaaaaaaaaaaaaaa, b: https://b.example.com/bbbbbbbbbbbbbbbbbbbbbbbb',
      'a: https://a.example.com/k/<redacted>, b: https://b.example.com/<redacted>',
    ],
  ])('%s', (line, expected) => {
    expect(steps).toHaveLength(4);
    expect(redact(line)).toBe(expected);
  });

  test.each(['order 0x0123456789abcdef0123456789abcdef01234567 locked', 'GET http://127.0.0.1:8081/health', ''])(
    'not %j',
    (line) => {
      expect(redact(line)).toBe(line);
    },
  );
});
