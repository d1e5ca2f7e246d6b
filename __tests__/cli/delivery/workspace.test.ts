import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { hashFiles } from '../../../cli/delivery/plan/record';
import { copyStack } from '../../../cli/delivery/plan/workspace';
import { temporaryFolder } from '../../scripts/support';

const folder = temporaryFolder();

test('a stack that cdktf has deployed from here is copied without the files of Terraform', async () => {
  const [stack, copy] = [path.join(folder, 'stack'), path.join(folder, 'plan', 'stack')];
  mkdirSync(path.join(stack, '.terraform', 'providers'), { recursive: true });
  // With a cache of providers, Terraform links to it.
  symlinkSync(folder, path.join(stack, '.terraform', 'providers', 'aws'));
  for (const file of ['cdk.tf.json', '.terraform.lock.hcl']) writeFileSync(path.join(stack, file), '{}');
  await copyStack(stack, copy);
  expect(readdirSync(copy)).toEqual(['cdk.tf.json']);
  expect(Object.keys(await hashFiles(path.dirname(copy)))).toEqual(['stack/cdk.tf.json']);
});
