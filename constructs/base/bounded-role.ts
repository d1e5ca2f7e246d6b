import { IamPolicy } from '@cdktf/provider-aws/lib/iam-policy';
import { Construct } from 'constructs';
import { policies } from '../../config/names';
import { policyDocument } from './policy';
import { Role, type RoleProps } from './role';

/**
 * A role with a permissions boundary of its own: the boundary has the same statements as the role. A policy that is attached
 * to the role later gives it nothing more.
 */
export class BoundedRole extends Construct {
  readonly name: string;

  constructor(scope: Construct, id: string, props: Omit<RoleProps, 'permissionsBoundary'>) {
    super(scope, id);
    const boundary = new IamPolicy(this, 'Boundary', {
      name: policies.boundary(props.name),
      description: `The most that ${props.name} may do`,
      policy: policyDocument(...props.statements),
    });
    this.name = new Role(this, 'Role', { ...props, permissionsBoundary: boundary.arn }).name;
  }
}
