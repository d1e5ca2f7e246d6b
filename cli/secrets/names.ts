import type { ClusterSecret } from '../../config/contract';

/** Secrets that the stack makes up itself. */
export const generatedSecrets = ['database-password', 'valkey-password'] as const satisfies readonly ClusterSecret[];

/** Secrets that an operator has to put in: `npm run secrets`. */
export const operatorSecrets = [
  'wallet-key',
  'rpc-urls',
  'order-stream-url',
] as const satisfies readonly ClusterSecret[];
