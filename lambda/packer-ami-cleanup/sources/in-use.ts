import { arns, functions, roles } from '../../../config/names';
import { assumedRole } from '../../common/assumed-role';
import { mapBounded } from '../../common/bounded';
import { shortMessage } from '../../common/errors';
import { retrying } from '../../common/retry';
import type { AccountClients } from '../clients';
import type { Use, Uses } from '../decide/facts';
import { SourcesFailedError, type FailedSource } from '../errors';
import type { Run } from '../run';
import { fleets, spotFleets } from './fleets';
import { groups, launchConfigurations } from './groups';
import { instances, spotRequests } from './instances';
import { parameters, resolved } from './parameters';
import { parameterPrefix, type Found, type Reader, type Reference } from './reader';
import { templateImages } from './templates';

/** Everything that may name an image or a launch template, by the words that a report has for it. */
const sources: Readonly<Record<string, (reader: Reader) => Promise<Found>>> = {
  instances,
  'spot requests': spotRequests,
  'Auto Scaling groups': groups,
  'launch configurations': launchConfigurations,
  fleets,
  'spot fleets': spotFleets,
  parameters,
};

/** Accounts that are read at a time: a page of each, parsed, must fit into the function's memory. */
const accountsAtATime = 5;

/**
 * Everything that uses one of these images, in the ops account and in every service account. All accounts are looked at,
 * also where one fails, so that a report names each of those that are to be repaired.
 *
 * @throws SourcesFailedError where any source did not answer as a whole: nothing may be concluded from the others then
 */
export async function usesOf(run: Run, imageIds: ReadonlySet<string>): Promise<Uses> {
  const { opsAccountId, serviceAccountIds } = run.settings;
  const failed: FailedSource[] = [];
  const uses = new Map<string, Use[]>();
  await mapBounded([opsAccountId, ...serviceAccountIds], accountsAtATime, async (accountId) => {
    const account = new AccountInUse(run, accountId, (imageId) => imageIds.has(imageId));
    try {
      for (const { image, use } of await retrying(() => account.read(), run.waits)) {
        const known = uses.get(image);
        if (known === undefined) uses.set(image, [use]);
        else known.push(use);
      }
    } catch (error) {
      failed.push({ accountId, source: account.source, error: shortMessage(error) });
    }
  });
  if (failed.length > 0)
    throw new SourcesFailedError(failed.sort((one, other) => (one.accountId < other.accountId ? -1 : 1)));
  // Accounts answer in no order; a report should not change without a cause.
  for (const all of uses.values()) all.sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
  return uses;
}

const keyOf = ({ accountId, what, resource }: Use): string => `${accountId} ${what} ${resource}`;

/** One account that is looked at, and what is being read there. */
class AccountInUse {
  source = '';

  constructor(
    private readonly run: Run,
    private readonly accountId: string,
    private readonly isOurs: Reader['isOurs'],
  ) {}

  /** After an error that passes, all of it is read again, with a new session. */
  async read(): Promise<readonly Reference[]> {
    const { accountId, run, isOurs } = this;
    const { clients, settings } = run;
    if (accountId === settings.opsAccountId) return this.readWith({ ...clients, accountId, isOurs });
    this.source = `the role ${roles.usageReader}`;
    const role = arns.role(accountId, roles.usageReader);
    const account = clients.inAccount(await assumedRole(clients.sts, role, `${functions.cleanup}-${run.id}`));
    try {
      return await this.readWith({ ...account, accountId, isOurs });
    } finally {
      // The function outlives the credentials: without this, each account would leave open connections behind.
      for (const client of closable(account)) client.destroy();
    }
  }

  private async readWith(reader: Reader): Promise<readonly Reference[]> {
    const found: Found[] = [];
    for (const [name, read] of Object.entries(sources)) {
      this.source = name;
      found.push(await read(reader));
    }
    this.source = 'launch templates';
    const inTemplates = await templateImages(
      reader,
      this.run.settings.templateVersions,
      found.flatMap(({ templates }) => templates),
    );
    const all = [...found.flatMap(({ images }) => images), ...inTemplates];
    const [byParameter, byId] = [true, false].map((wanted) =>
      all.filter(({ image }) => image.startsWith(parameterPrefix) === wanted),
    ) as [Reference[], Reference[]];
    this.source = 'parameters that launch templates name';
    return [...byId, ...(await resolved(reader, byParameter))];
  }
}

const closable = ({ autoScaling, ec2, ssm }: AccountClients) => [autoScaling, ec2, ssm];
