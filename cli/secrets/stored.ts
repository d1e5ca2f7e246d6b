import { OperatorError } from '../common/errors';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  RotateSecretCommand,
  type DescribeSecretCommandOutput,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { clusterPath, type ClusterSecret } from '../../config/names';

/** The stack that makes the secrets has not been deployed. */
export class NoSuchSecretError extends OperatorError {
  override readonly name = 'NoSuchSecretError';
}

/** Stands for a value that is not text: SecretBinary, which no command here writes and no instance reads. */
export const binary = Symbol('binary');

/** The secrets of one environment, as they are in its account. */
export class StoredSecrets {
  constructor(
    private readonly client: SecretsManagerClient,
    private readonly environment: string,
  ) {}

  private id(name: ClusterSecret): string {
    return `${clusterPath(this.environment)}/${name}`;
  }

  /**
   * What there is to know of a secret beside its value.
   *
   * @throws NoSuchSecretError where there is none
   */
  async describe(name: ClusterSecret): Promise<DescribeSecretCommandOutput> {
    try {
      return await this.client.send(new DescribeSecretCommand({ SecretId: this.id(name) }));
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw error;
      const deploy = `deploy prover-cluster-${this.environment}, which makes it`;
      throw new NoSuchSecretError(`There is no secret ${this.id(name)}; ${deploy}.`);
    }
  }

  /** The value, without space around it; undefined where there is none. */
  async value(name: ClusterSecret): Promise<string | typeof binary | undefined> {
    try {
      const { SecretString = '', SecretBinary } = await this.client.send(
        new GetSecretValueCommand({ SecretId: this.id(name) }),
      );
      if (SecretBinary !== undefined) return binary;
      return SecretString.trim() === '' ? undefined : SecretString.trim();
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return undefined;
      throw error;
    }
  }

  async put(name: ClusterSecret, value: string): Promise<void> {
    await this.client.send(new PutSecretValueCommand({ SecretId: this.id(name), SecretString: value }));
  }

  /** Starts a rotation, and doesn't wait for its end. */
  async rotate(name: ClusterSecret): Promise<void> {
    await this.client.send(new RotateSecretCommand({ SecretId: this.id(name) }));
  }
}
