import type { Statement } from './policy';

/**
 * What a user of a CodeConnections connection may do with it, and with no other. Connections made before 2024 have the
 * service's old name in their ARN, and in the actions on them.
 */
export function connectionStatement(
  connectionArn: string,
  actions: readonly ('GetConnection' | 'GetConnectionToken' | 'UseConnection')[],
): Statement {
  const [, , service = ''] = connectionArn.split(':');
  return { Sid: 'ReadRepository', Action: actions.map((action) => `${service}:${action}`), Resource: connectionArn };
}
