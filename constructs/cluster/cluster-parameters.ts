import { SsmParameter } from '@cdktf/provider-aws/lib/ssm-parameter';
import { Construct } from 'constructs';
import type { EnvironmentConfig } from '../../config';
import { brokerConfigurationOf, brokerParameter } from '../../config/broker/configuration';
import { clusterPath, type ClusterParameter } from '../../config/names';
import { AccountStack } from '../base/account-stack';

export interface ClusterParametersProps {
  /** Where provers reach the manager: an address, or a name. */
  readonly managerAddress: string;
  /** The manager's data volume. */
  readonly dataVolumeId: string;
  readonly bucketName: string;
  readonly config: Pick<EnvironmentConfig, 'bento' | 'broker'>;
}

const descriptions: Readonly<Record<ClusterParameter, string>> = {
  settings: 'What every instance of the cluster reads at boot',
  broker: "Values for the manager's broker.toml",
  'broker-configuration': "The manager's broker.toml, for each release",
};

/** What the stack hands to its instances. Nothing in it is secret, so a plan shows every change of it. */
export class ClusterParameters extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { managerAddress, dataVolumeId, bucketName, config }: ClusterParametersProps,
  ) {
    super(scope, id);
    const { environment } = AccountStack.of(this).account;
    const { deployment, ...bento } = config.bento;
    const { chainId = null, ...addresses } = deployment ?? {};
    const settings = given({
      managerAddress,
      bucket: bucketName,
      dataVolumeId,
      ...bento,
      chainId,
      deployment: deployment === null ? null : given(addresses),
    });
    const values: Readonly<Record<ClusterParameter, string>> = {
      settings: JSON.stringify(settings),
      broker: brokerParameter(config.broker),
      'broker-configuration': brokerConfigurationOf(config.broker),
    };
    for (const name of Object.keys(values) as ClusterParameter[])
      new SsmParameter(this, name, {
        name: `${clusterPath(environment)}/${name}`,
        description: descriptions[name],
        type: 'String',
        tier: 'Standard',
        insecureValue: values[name],
      });
  }
}

/** Without what is not set. */
const given = (values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
