import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { instanceRoles, scalingGroup, type InstanceRole } from '../../../config/names';
import type { ClientSettings } from '../access';
import { readGroup } from './group';
import { progressOf, type Progress } from './progress';

export interface RolloutProps {
  readonly environment: string;
  readonly client: ClientSettings;
  /** The images that the groups are to run. */
  readonly images: Readonly<Record<InstanceRole, string>>;
  readonly report: (line: string) => void;
}

/** A look at every group, with clients that keep their sessions from one look to the next. It changes nothing. */
export function rolloutLook({ environment, client, images }: RolloutProps): () => Promise<readonly Progress[]> {
  const [autoScaling, ec2] = [new AutoScalingClient(client), new EC2Client(client)];
  return async () => {
    const found: Progress[] = [];
    for (const role of instanceRoles)
      found.push(progressOf(await readGroup(autoScaling, ec2, scalingGroup(environment, role)), images[role]));
    return found;
  };
}
