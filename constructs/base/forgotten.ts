import { TerraformStack } from 'cdktf';
import type { IConstruct } from 'constructs';

/** The addresses of each stack: an override takes the place of the one before. */
const forgotten = new WeakMap<TerraformStack, string[]>();

/**
 * Lets Terraform forget what it made before: it stays in AWS as it is. An address that no state has means nothing, so
 * that this may stay for as long as there may be deployments from before.
 *
 * @param addresses such as `aws_ebs_volume.data_volume`
 */
export function forget(scope: IConstruct, addresses: readonly string[]): void {
  if (addresses.length === 0) return;
  const stack = TerraformStack.of(scope);
  const all = [...(forgotten.get(stack) ?? []), ...addresses];
  forgotten.set(stack, all);
  stack.addOverride(
    'removed',
    all.map((from) => ({ from, lifecycle: { destroy: false } })),
  );
}
