import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  drainMinutes,
  gpuMetrics,
  instanceMetrics,
  instanceRoles,
  paths,
  ports,
  smokeLimitMinutes,
} from '../../../config/contract';
import contract from '../../../scripts/boot/contract.json';
import { files, textOf } from '../../../lab/common/repository';
import { resourceWith, stackOf, synthesize } from '../../support/synthesized';
import { describeWith } from '../../support/tools';
import { python, pythonPackages } from './python';

const unit = (name: string) => readFileSync(path.join('service_files', name), 'utf8');

/**
 * systemd reads its units, and Vector the parts of its configuration that are no strings, before a program of ours could
 * fill anything in.
 */
describe('files that cannot read the contract have its values', () => {
  test.each<[file: string, line: string]>([
    ['bento-api.service', `ExecStart=/usr/local/bin/bento-rest-api --bind-addr 0.0.0.0:${ports.api} `],
    ['bento-broker.service', ` --bento-api-url http://127.0.0.1:${ports.api}\n`],
    ['bento-broker.service', ` --db-url sqlite://${paths.broker}/broker.db `],
    ['bento-broker.service', `\nTimeoutStopSec=${drainMinutes * 60}\n`],
    ['bento-configure.service', `\nExecStart=${paths.programs}/configure.py\n`],
    // It gives up by itself before.
    ['bento-smoke@.service', `\nTimeoutStartSec=${smokeLimitMinutes + 3}min\n`],
    ['vector.yaml', `includes: [/, ${paths.data}]\n`],
    ...instanceMetrics.map((name): [string, string] => ['vector.yaml', `.name = "${name}" }\n`]),
    ...gpuMetrics.map((name): [string, string] => ['vector-gpu.yaml', `name: ${name},`]),
  ])('%s: %j', (file, line) => {
    expect(unit(file)).toContain(line);
  });
});

/** Facts that would be found if they were written a second time, and the files that cannot read the contract. */
const written: readonly (readonly [fact: string, elsewhere: readonly string[]])[] = [
  [contract.metricNamespace, []],
  [contract.clusterPath.slice(contract.clusterPath.indexOf('}')), []],
  [contract.lifecycleHooks.launch.name, []],
  [contract.lifecycleHooks.terminate.name, []],
  [contract.logLines.bootFailure, []],
  [contract.secrets['database-password'].words, []],
  [contract.secrets['rpc-urls'].words, []],
  [contract.secrets['wallet-key'].words, []],
  [contract.account, []],
  [contract.settings.dataVolumeId.pattern, []],
  [String(contract.settings.chainId.most), []],
  ...Object.values(contract.settings.deployment.keys).map(({ variable }) => [variable, []] as const),
  // A release of the broker that nothing changes in, so that only a list of all names it.
  ['1.0.2', []],
  [String(ports.postgresql), []],
  [String(ports.valkey), []],
  [String(ports.api), ['service_files/bento-api.service', 'service_files/bento-broker.service']],
];

const folders = /^(cli|config|constructs|lambda|packer|scripts|service_files|stacks)\//;
const comment = /^\s*(\/\/|\/?\*|#|--)/;

test.each(written)('%s stands in the contract, and a second time in %j', (fact, elsewhere) => {
  const places = files.filter(
    (file) =>
      folders.test(file) &&
      textOf(file)
        .split('\n')
        .some((line) => line.includes(fact) && !comment.test(line)),
  );
  expect(places).toEqual(['scripts/boot/contract.json', ...elsewhere].sort());
});

/** What the stacks give and the instances take. */
describeWith(pythonPackages, 'instances', () => {
  const stacks = synthesize();
  test.each(
    ['staging', 'production'].flatMap((environment) => instanceRoles.map((role) => [environment, role] as const)),
  )('an instance of %s that is launched as a %s takes that role', (environment, role) => {
    const stack = stackOf(stacks, `prover-cluster-${environment}`);
    const template = resourceWith(stack, 'aws_launch_template', 'name', `${stack.name}-${role}`);
    const specifications = template['tag_specifications'] as {
      resource_type: string;
      tags: Record<string, string>;
    }[];
    const tags = specifications.find(({ resource_type: type }) => type === 'instance')!.tags;
    expect(template).not.toHaveProperty('user_data');
    const purposes = python(
      `
from pathlib import Path
from bento_boot import identity

class Metadata:
    def get(self, path):
        return given["tags"].get(path.removeprefix("tags/instance/"))

class Release:
    image = given["role"]

found = identity.read_purpose(Metadata(), Release(), Path("/nowhere"))
print(json.dumps([found.role, found.environment]))`,
      { tags, role },
    ).value;
    expect(purposes).toEqual([role, environment]);
  });
});
