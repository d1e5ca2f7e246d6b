import { stacks } from '../../../config/names';

/**
 * Bento takes static keys and nothing else (docs/facts/bento.md#storage-keys): this IAM user owns them, and nothing but
 * the storage.
 */
export const storageUser = (environment: string): string => `${stacks.cluster(environment)}-storage`;
