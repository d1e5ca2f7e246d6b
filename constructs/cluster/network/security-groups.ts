import { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import { VpcSecurityGroupEgressRule } from '@cdktf/provider-aws/lib/vpc-security-group-egress-rule';
import { VpcSecurityGroupIngressRule } from '@cdktf/provider-aws/lib/vpc-security-group-ingress-rule';
import { Construct } from 'constructs';
import { ports, type InstanceRole } from '../../../config/contract';

/**
 * What provers use of the manager (docs/facts/bento.md#ports). Nothing reaches provers, and nothing comes in from
 * outside.
 */
const managerPorts = [
  { name: 'PostgreSql', port: ports.postgresql, purpose: 'Task database' },
  { name: 'Valkey', port: ports.valkey, purpose: 'Segments and receipts in flight' },
  { name: 'Api', port: ports.api, purpose: 'Bento REST API' },
] as const;

export interface SecurityGroupsProps {
  readonly name: string;
  readonly vpcId: string;
}

/** One group per role of an instance; no SSH, since Session Manager needs no open port. */
export class SecurityGroups extends Construct {
  readonly ids: Readonly<Record<InstanceRole, string>>;

  constructor(scope: Construct, id: string, { name, vpcId }: SecurityGroupsProps) {
    super(scope, id);
    const manager = this.group('Manager', `${name}-manager`, 'Manager of the prover cluster', vpcId);
    const prover = this.group('Prover', `${name}-prover`, 'Provers of the cluster', vpcId);
    for (const { name: port, port: number, purpose } of managerPorts) {
      const rule = { ipProtocol: 'tcp', fromPort: number, toPort: number };
      new VpcSecurityGroupIngressRule(this, `ManagerFromProver-${port}`, {
        ...rule,
        securityGroupId: manager.id,
        referencedSecurityGroupId: prover.id,
        description: `${purpose}, from provers`,
      });
      new VpcSecurityGroupEgressRule(this, `ProverToManager-${port}`, {
        ...rule,
        securityGroupId: prover.id,
        referencedSecurityGroupId: manager.id,
        description: `${purpose}, on the manager`,
      });
    }
    for (const [role, group] of [
      ['Manager', manager],
      ['Prover', prover],
    ] as const)
      new VpcSecurityGroupEgressRule(this, `${role}ToHttps`, {
        securityGroupId: group.id,
        ipProtocol: 'tcp',
        fromPort: 443,
        toPort: 443,
        cidrIpv4: '0.0.0.0/0',
        description: 'AWS APIs, package updates, RPC endpoints and the order stream',
      });
    this.ids = { manager: manager.id, prover: prover.id };
  }

  private group(id: string, name: string, description: string, vpcId: string): SecurityGroup {
    return new SecurityGroup(this, id, { name, description, vpcId, tags: { Name: name } });
  }
}
