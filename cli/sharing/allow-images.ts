import {
  DisableAllowedImagesSettingsCommand,
  EnableAllowedImagesSettingsCommand,
  GetAllowedImagesSettingsCommand,
  ReplaceImageCriteriaInAllowedImagesSettingsCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';

/** Which images an account may use at all: an image of a stranger with a well-chosen name is then of no use. */
export interface AllowedImages {
  readonly state: 'audit-mode' | 'enabled' | 'disabled';
  /**
   * Account ids, or EC2's names such as `amazon`; the account's own images are always allowed
   * (docs/facts/images.md#allowed-images).
   */
  readonly providers: readonly string[];
}

/** The setting of the account that the client acts in, with the providers of all criteria. */
async function current(ec2: EC2Client): Promise<AllowedImages> {
  const { State = '', ImageCriteria = [] } = await ec2.send(new GetAllowedImagesSettingsCommand({}));
  if (State !== 'audit-mode' && State !== 'enabled' && State !== 'disabled')
    throw new Error(`The allowed-images setting is ${JSON.stringify(State)}, which is no state that EC2 documents`);
  return { state: State, providers: ImageCriteria.flatMap(({ ImageProviders = [] }) => ImageProviders) };
}

const same = (one: AllowedImages, other: AllowedImages): boolean =>
  one.state === other.state && [...one.providers].sort().join() === [...other.providers].sort().join();

/**
 * Brings the setting to what is wanted, and reads it back. The providers come first: the setting must not be enabled with
 * those of before.
 *
 * @returns the setting before
 * @throws Error where EC2 does not show it afterwards, or a declarative policy of the organization manages it
 */
export async function allowImages(ec2: EC2Client, wanted: AllowedImages, dryRun: boolean): Promise<AllowedImages> {
  const before = await current(ec2);
  if (dryRun || same(before, wanted)) return before;
  await ec2.send(
    new ReplaceImageCriteriaInAllowedImagesSettingsCommand({
      ImageCriteria: [{ ImageProviders: [...wanted.providers] }],
    }),
  );
  if (wanted.state === 'disabled') await ec2.send(new DisableAllowedImagesSettingsCommand({}));
  else await ec2.send(new EnableAllowedImagesSettingsCommand({ AllowedImagesSettingsState: wanted.state }));
  const after = await current(ec2);
  if (!same(after, wanted))
    throw new Error(
      `The allowed-images setting is ${JSON.stringify(after)} after it was set to ${JSON.stringify(wanted)}; ` +
        'look whether a declarative policy of the organization manages it',
    );
  return before;
}
