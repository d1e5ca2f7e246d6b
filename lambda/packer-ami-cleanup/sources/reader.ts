import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { SSMClient } from '@aws-sdk/client-ssm';
import type { Use } from '../decide/facts';

/** An account that is looked at, and the clients that act in it. */
export interface Reader {
  readonly accountId: string;
  readonly ec2: EC2Client;
  readonly autoScaling: AutoScalingClient;
  readonly ssm: SSMClient;
  /** Whether an image is one of those that are decided about: others need not be remembered. */
  readonly isOurs: (imageId: string) => boolean;
}

/** An image as a resource names it: by its id, or as `resolve:ssm:` and a parameter. */
export interface Reference {
  readonly image: string;
  readonly use: Use;
}

/** A launch template as a resource names it: by its id or name, and a version, which is `$Default` without one. */
export interface TemplateReference {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly use: Use;
}

/** What a source found: images, and launch templates whose versions have images. */
export interface Found {
  readonly images: readonly Reference[];
  readonly templates: readonly TemplateReference[];
}

/** What a parameter in place of an id starts with (Amazon EC2 User Guide, "Use a Systems Manager parameter instead of an AMI ID"). */
export const parameterPrefix = 'resolve:ssm:';

/** Keeps what may matter: ids of other images are dropped at once. */
export const matters = ({ isOurs }: Reader, image: string | undefined): image is string =>
  image !== undefined && (image.startsWith(parameterPrefix) || isOurs(image));

/** A copy: a piece of a text keeps all of that text in memory, here an answer of many kilobytes. */
export const copyOf = (text: string): string => Buffer.from(text).toString();
