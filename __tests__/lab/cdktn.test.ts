import { readFileSync } from 'node:fs';
import { differences, unexpected, type Versions } from '../../lab/cdktn/compare';
import { successors } from '../../lab/cdktn/packages';

const before: Versions = { tool: '0.21.0', provider: '6.25.0' };
const after: Versions = { tool: '0.24.0', provider: '6.66.0' };

const stackOf = (
  { tool, provider }: Versions,
  source: string,
  resource: unknown = { bucket: { b: { arn: ['x'] } } },
) => ({
  '//': { metadata: { stackName: 'ops', version: tool } },
  terraform: { required_providers: { aws: { source, version: provider } } },
  resource,
});
const cdktf = stackOf(before, 'aws');

test('versions and the source of the provider may differ', () => {
  const found = differences(cdktf, stackOf(after, 'hashicorp/aws'));
  expect(found).toHaveLength(3);
  expect(unexpected(found, before, after)).toEqual([]);
});

test.each([
  ['a value', { bucket: { b: { arn: ['y'] } } }, 'resource/bucket/b/arn/0'],
  ['an argument that is gone', { bucket: { b: {} } }, 'resource/bucket/b/arn'],
  ['an argument that is new', { bucket: { b: { arn: ['x'], acl: 'private' } } }, 'resource/bucket/b/acl'],
  ['a list of another length', { bucket: { b: { arn: ['x', 'y'] } } }, 'resource/bucket/b/arn'],
  ['a logical id', { bucket: { c: { arn: ['x'] } } }, 'resource/bucket/b'],
])('%s may not', (_, resource, path) => {
  const found = unexpected(differences(cdktf, stackOf(after, 'hashicorp/aws', resource)), before, after);
  expect(found.map((one) => one.path)).toContain(path);
});

test('another version than that of the bindings is no expected difference', () => {
  const found = differences(cdktf, stackOf({ ...after, provider: '5.0.0' }, 'hashicorp/aws'));
  expect(unexpected(found, before, after)).toMatchObject([{ path: 'terraform/required_providers/aws/version' }]);
});

test('the decision names the versions that the command installs', () => {
  const record = readFileSync('docs/decisions/0001-cdktf-and-leaving-it.md', 'utf8');
  for (const [name, version] of Object.entries(successors))
    expect(record).toContain(`\`${name}\` ${version.replace(/\.0$/, '')}`);
});
