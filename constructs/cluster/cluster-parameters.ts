import { SsmParameter } from '@cdktf/provider-aws/lib/ssm-parameter';
import { Construct } from 'constructs';
import type { EnvironmentConfig } from '../../config';
import { brokerParameter } from '../../config/broker/market';
import { clusterPath, type ClusterParameter } from '../../config/names';

export interface ClusterParametersProps {
  readonly environment: string;
  /** Where provers reach the manager: an address, or a name. */
  readonly managerAddress: string;
  /** The manager's data volume. */
  readonly dataVolumeId: string;
  readonly bucketName: string;
  readonly config: Pick<EnvironmentConfig, 'bento' | 'broker'>;
}

const descriptions: Readonly<Record<ClusterParameter, string>> = {
  settings: 'What every machine of the cluster reads at boot',
  broker: "Values for the manager's broker.toml",
};

/** What the stack says to its machines. Nothing in it is secret, so a plan shows every change of it. */
export class ClusterParameters extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { environment, managerAddress, dataVolumeId, bucketName, config }: ClusterParametersProps,
  ) {
    super(scope, id);
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
