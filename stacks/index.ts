import type { App } from 'cdktf';
import type { FactoryConfig } from '../config';
import { clusterFunctions } from '../config/names';
import { OpsStack } from './ops-stack';
import { ProverClusterStack } from './prover-cluster-stack';
import { ServiceAccountStack } from './service-account-stack';

export interface StacksProps {
  readonly factory: FactoryConfig;
  /** Path of the archive of a Lambda, by its name. */
  readonly archiveOf: (functionName: string) => string;
}

/** Every stack of the factory: one of the ops account, two of each service account. */
export function addStacks(app: App, { factory, archiveOf }: StacksProps): void {
  new OpsStack(app, { factory, archiveOf });
  const followers = factory.environments
    .filter(({ followsLatest }) => !followsLatest)
    .map(({ environment }) => environment);
  for (const config of factory.environments) {
    const validatesFor = config.environment === factory.ops.delivery.validatingEnvironment ? followers : [];
    const { adopted } = new ServiceAccountStack(app, {
      ops: factory.ops,
      config,
      validatesFor,
      storageKeysArchive: archiveOf(clusterFunctions.storageKeys),
    });
    new ProverClusterStack(app, { config, adopted });
  }
}
