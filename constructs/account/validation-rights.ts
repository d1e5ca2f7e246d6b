import { imageOfRole, instanceRoles, pointerName, validatedImagesName } from '../../config/names';
import type { Account } from '../base/account';
import type { Statement } from '../base/policy';

/** Records that the environment has validated images: the pointers of the kinds that its instances run, and no other. */
export const validateImages = (account: Account): Statement => ({
  Sid: 'ValidateImages',
  Action: 'ssm:PutParameter',
  Resource: [...instanceRoles.map((role) => pointerName(imageOfRole[role], 'validated')), validatedImagesName].map(
    (name) => account.parameter(name),
  ),
});
