import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from '../../cli/environment/cli';
import { environmentLike } from '../../cli/environment/new-environment';
import { factory, validated } from '../../config';
import { stacks } from '../../config/names';
import { bash, temporaryFolder, writeStandIns } from '../scripts/support';
import { bashIn, sectionOf } from '../support/document';
import { allResources, stackOf, synthesize, type SynthesizedStack } from '../support/synthesized';

const file = 'docs/environments.md';
const stepsOf = (heading: string): string[] =>
  bashIn(sectionOf(file, `## ${heading}`)).map((block) => block.replace(/\\\n\s*/g, ''));

/** What `make` hands to the command: `NAME=a ACCOUNT=b` becomes `a --account b`. */
function argumentsOf(line: string): string[] {
  const [, , ...settings] = line.split(' ');
  return settings.flatMap((setting) => {
    const [name = '', value = ''] = setting.split('=');
    return name === 'NAME' ? [value] : [`--${name.toLowerCase()}`, value];
  });
}

test('steps that add an environment make a valid one, and name its stacks and itself', () => {
  const [first = '', ...others] = stepsOf('Add an environment').flatMap((block) => block.trim().split('\n'));
  const wanted = parse(argumentsOf(first));
  const added = environmentLike(factory, wanted);
  const { environments, files = [] } = factory;
  validated({ ...factory, environments: [...environments, added], files: [...files, `config/${wanted.name}.ts`] });
  const { environment, accountId } = added;
  expect(accountId).toBe('444444444444');
  const deployed = others.flatMap((line) => [...line.matchAll(/npx cdktf deploy (\S+)/g)].map(([, stack]) => stack));
  expect(deployed).toEqual([stacks.serviceAccount(environment), stacks.ops, stacks.cluster(environment)]);
  const named = others.flatMap((line) => [...line.matchAll(/(?:ENV=|secrets -- |allow-images )([\w-]+)/g)]);
  expect(new Set(named.map(([, name]) => name))).toEqual(new Set([environment]));
});

describe('steps that destroy a stack', () => {
  const work = temporaryFolder();
  const all = synthesize();
  const isKept = ({ args }: ReturnType<typeof allResources>[number]): boolean =>
    (args['lifecycle'] as { prevent_destroy?: boolean } | undefined)?.prevent_destroy === true;
  const addressesOf = (stack: SynthesizedStack) =>
    allResources(stack).map((one) => ({ ...one, address: `${one.type}.${one.id}` }));

  test.each([
    ['Remove an environment', 1, 'staging'],
    ['Remove the factory', 1, 'ops'],
  ])('%s: what Terraform refuses to destroy leaves the state first', async (heading, step, name) => {
    const stack = stackOf(all, name);
    const resources = addressesOf(stack);
    const log = path.join(work, `${name}.log`);
    const standIns = writeStandIns(path.join(work, name), {
      make: 'true',
      npx: `echo "npx $*" >> '${log}'`,
      terraform: `if [[ "$*" == *'state list'* ]]; then printf '%s\\n' ${resources.map(({ address }) => `'${address}'`).join(' ')}; else echo "terraform $*" >> '${log}'; fi`,
    });
    const { code, stderr } = await bash(stepsOf(heading)[step] ?? '', { standIns, cwd: work });
    expect([code, stderr]).toEqual([0, '']);
    const [init, removed = '', destroyed] = readFileSync(log, 'utf8').trim().split('\n');
    expect([init, destroyed]).toEqual([`terraform -chdir=cdktf.out/stacks/${name} init`, `npx cdktf destroy ${name}`]);
    const kept = resources.filter(isKept).map(({ address }) => address);
    expect(kept.length).toBeGreaterThan(0);
    const taken = removed.replace(/^.* state rm /, '').split(' ');
    expect(kept.filter((address) => !taken.includes(address))).toEqual([]);
    for (const address of taken) expect(address).toMatch(/^aws_(s3_bucket|kms_key)\./);
  });
});
