import type { Image } from '@aws-sdk/client-ec2';
import { withdrawalAnnouncedTag, withdrawnTag } from '../../../config/names';
import { kindOf, tagOf } from '../images/rules';

/**
 * Whether it is marked as withdrawn, and the rest was cut short. The deprecation alone does not show that it was announced:
 * people deprecate images too. One that was marked by hand has no record, and is finished with its deprecation.
 */
export const isHalfWithdrawn = (image: Image): boolean =>
  tagOf(image, withdrawnTag) !== undefined &&
  kindOf(image) !== undefined &&
  (!isDeprecated(image) || tagOf(image, withdrawalAnnouncedTag) === 'no');

/**
 * Whether it is deprecated, or will be in a moment, but not at some later date: EC2 takes no time that is past, and
 * rounds to the nearest minute (EC2 API Reference, "EnableImageDeprecation").
 */
export const isDeprecated = ({ DeprecationTime }: Image): boolean =>
  DeprecationTime !== undefined && Date.parse(DeprecationTime) < Date.now() + 300_000;
