import { SsmParameter } from '@cdktf/provider-aws/lib/ssm-parameter';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { rolloutParameter, type InstanceRole } from '../../../config/names';
import type { GroupRollout } from '../../../config/rollout';
import { AccountStack } from '../../base/account-stack';

export interface RolloutParameterProps {
  readonly groups: Readonly<Record<InstanceRole, GroupRollout>>;
  /** What must be there before it may be asked for. */
  readonly after: readonly ITerraformDependable[];
}

/**
 * What the stack wants the groups to launch. It is written last, so that a deployment that failed half-way asks for
 * nothing new; a plan shows what a rollout will be asked for.
 */
export class RolloutParameter extends Construct {
  constructor(scope: Construct, id: string, { groups, after }: RolloutParameterProps) {
    super(scope, id);
    const { environment } = AccountStack.of(this).account;
    new SsmParameter(this, 'Resource', {
      name: rolloutParameter(environment),
      description: 'What the groups are to launch: npm run delivery -- rollout',
      type: 'String',
      tier: 'Standard',
      insecureValue: JSON.stringify(groups),
      dependsOn: [...after],
    });
  }
}
