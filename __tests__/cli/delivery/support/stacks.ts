import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { EnvironmentConfig } from '../../../../config';
import { stackOf, type SynthesizedStack } from '../../../support/synthesized';

/**
 * A stack that Terraform plans and applies with nothing but itself: the backend, the variables and the outputs are those
 * of the cluster's own stack, and resources of the built-in provider stand for those of AWS.
 */
export function writeLightStack(
  folder: string,
  stacks: ReadonlyMap<string, SynthesizedStack>,
  { environment }: EnvironmentConfig,
  more: Readonly<Record<string, unknown>> = {},
): void {
  const { terraform, variable } = stackOf(stacks, `prover-cluster-${environment}`);
  const images = { manager: '${var.manager_image_id}', prover: '${var.prover_image_id}' };
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    path.join(folder, 'cdk.tf.json'),
    JSON.stringify({
      terraform: { backend: terraform.backend, required_version: terraform.required_version },
      variable,
      resource: { terraform_data: { manager: { input: images.manager }, prover: { input: images.prover }, ...more } },
      output: { manager_image_id: { value: images.manager }, prover_image_id: { value: images.prover } },
    }),
  );
}
