import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { instanceRoles, rolloutParameter, stacks, type InstanceRole } from '../../../config/names';
import { rolloutSchema, type GroupRollout } from '../../../config/rollout';
import type { ClientSettings } from '../access';
import { DeliveryRefusedError, listed } from '../problem';

/**
 * What the cluster's stack wants its groups to launch.
 *
 * @param images what was deployed, where that is known
 * @throws DeliveryRefusedError where the stack does not publish it, or wants other images than were deployed
 */
export async function readWanted(
  client: ClientSettings,
  environment: string,
  images?: Readonly<Record<InstanceRole, string>>,
): Promise<Readonly<Record<InstanceRole, GroupRollout>>> {
  const name = rolloutParameter(environment);
  const deploy = `deploy ${stacks.cluster(environment)} of this commit`;
  let text: string | undefined;
  try {
    const { Parameter } = await new SSMClient(client).send(new GetParameterCommand({ Name: name }));
    text = Parameter?.Value;
  } catch (error) {
    if (error instanceof ParameterNotFound)
      throw new DeliveryRefusedError(
        `There is no parameter ${name}, which the cluster's stack writes: ${deploy} first.`,
      );
    throw error;
  }
  let wanted: Readonly<Record<InstanceRole, GroupRollout>>;
  try {
    wanted = rolloutSchema.parse(JSON.parse(text ?? ''));
  } catch (cause) {
    throw new DeliveryRefusedError(`${name} is ${JSON.stringify(text)}, which this commit cannot read: ${deploy}.`, {
      cause,
    });
  }
  const others = instanceRoles.flatMap((role) =>
    images === undefined || images[role] === wanted[role].imageId
      ? []
      : [`${role}: ${wanted[role].imageId}, not ${images[role]}`],
  );
  if (others.length > 0)
    throw new DeliveryRefusedError(
      `${name} asks for other images than were deployed here:${listed(others)}\n` +
        'Another deployment was applied since. Roll that one out, or deploy again; nothing was changed.',
    );
  return wanted;
}
