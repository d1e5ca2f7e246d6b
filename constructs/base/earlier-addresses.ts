import { TerraformStack, type TerraformResource } from 'cdktf';
import type { IConstruct } from 'constructs';

/** The blocks of each stack: an override takes the place of the one before. */
const forgotten = new WeakMap<TerraformStack, string[]>();
const renamed = new WeakMap<TerraformStack, { from: string; to: string }[]>();

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

/**
 * Lets Terraform know a resource of before under its address of now.
 *
 * In place of `moveFromId` of cdktf, which runs `terraform version` at each synthesis, and fails where Terraform is not
 * installed or has another name. Terraform itself refuses a version that is too old (`required_version`).
 *
 * @param from such as `aws_iam_policy.Old_User_1FF6DF5E`
 */
export function movedFrom(resource: TerraformResource, from: string): void {
  const stack = TerraformStack.of(resource);
  const to = `${resource.terraformResourceType}.${resource.friendlyUniqueId}`;
  const all = [...(renamed.get(stack) ?? []), { from, to }];
  renamed.set(stack, all);
  stack.addOverride('moved', all);
}
