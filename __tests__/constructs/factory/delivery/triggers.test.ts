import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { withEverything } from '../../../support/factories';
import { matches, pipelineNamed } from '../../../support/pipelines';
import { stackOf, synthesize } from '../../../support/synthesized';
import { describeWith } from '../../../support/tools';
import { run, temporaryFolder } from '../../../scripts/support';

const pipeline = pipelineNamed(stackOf(synthesize({ factory: withEverything() }), 'ops'), 'packer-pipeline');
const [trigger] = pipeline.trigger ?? [];
const [push] = trigger?.git_configuration.push ?? [];
const globs = push?.file_paths.includes ?? [];
const starts = (file: string): boolean => globs.some((glob) => matches(glob, file));

/** A file that changes, and whether that bakes images. */
const changes: readonly (readonly [string, boolean])[] = [
  ['packer/source.pkr.hcl', true],
  ['packer/new.pkr.hcl', true],
  ['packer/new.pkr.json', true],
  ['packer/team.auto.pkrvars.hcl', true],
  ['packer/team.auto.pkrvars.json', true],
  ['packer/tools.lock', true],
  ['packer/build/resolve-version.sh', true],
  ['scripts/setup.sh', true],
  ['scripts/.hidden', true],
  ['scripts/lib/common.sh', true],
  ['scripts/lib/of/its/own.sh', true],
  ['scripts/boot/bento_boot/aws.py', true],
  ['scripts/downloads.lock', true],
  ['service_files/vector.yaml', true],
  ['service_files/bento-.service.d/hardening.conf', true],
  ['packer/buildspec.yml', false],
  ['packer/manifest.json', false],
  ['packer/README.md', false],
  ['packer/team.pkrvars.hcl', false],
  ['packer/build/bake.sh', false],
  ['packer/build/tools.lock', false],
  ['packer/build/new.pkr.hcl', false],
  ['other/packer/source.pkr.hcl', false],
  ['tools/scripts/setup.sh', false],
  ['docs/scripts/setup.sh', false],
  ['scripts.md', false],
  ['service_files.md', false],
  ['config/ops.ts', false],
  ['config/broker/broker.toml', false],
  ['lambda/packer-ami-sharing/handler.ts', false],
  ['constructs/factory/delivery/delivery.ts', false],
  ['tools/delivery/buildspecs/plan.yml', false],
  ['package-lock.json', false],
  ['README.md', false],
];

test('a push to the branch starts it, and a push to another does not', () => {
  expect(pipeline.trigger).toHaveLength(1);
  expect(trigger).toMatchObject({
    provider_type: 'CodeStarSourceConnection',
    git_configuration: { source_action_name: 'Source', push: [{ branches: { includes: ['main'] } }] },
  });
  expect(Object.keys(trigger!.git_configuration).sort()).toEqual(['push', 'source_action_name']);
  expect(push).not.toHaveProperty('tags');
});

test('a trigger takes eight paths at most', () => {
  expect(globs.length).toBeGreaterThan(0);
  expect(globs.length).toBeLessThanOrEqual(8);
});

test.each(changes)('%s: %s', (file, expected) => {
  expect(starts(file)).toBe(expected);
});

describeWith(['sha256sum', 'find'], 'the hash of the inputs', () => {
  const folder = temporaryFolder();

  test('knows the files that start the pipeline, and no others', async () => {
    const root = path.join(folder, 'checkout');
    for (const name of ['packer', 'scripts', 'service_files']) cpSync(name, path.join(root, name), { recursive: true });
    for (const [file] of changes) {
      mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
      writeFileSync(path.join(root, file), '#\n', { flag: 'a' });
    }
    const list = path.join(folder, 'inputs.txt');
    const { code, stderr } = await run(path.join(root, 'packer/build/inputs-hash.sh'), [list], {
      env: { IMAGE: 'manager', VERSION: 'v1.2.2', BROKER_VERSION: 'v1.2.2', SOURCE_AMI: 'ami-0123456789abcdef0' },
    });
    expect([code, stderr]).toEqual([0, '']);
    const hashed = [...readFileSync(list, 'utf8').matchAll(/^(?:644|755) [0-9a-f]{64} (.+)$/gm)].map(
      ([, file]) => file,
    );
    const files = readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
    expect(files.length).toBeGreaterThan(hashed.length);
    expect(files.filter(starts).sort()).toEqual(hashed.sort());
  });
});
