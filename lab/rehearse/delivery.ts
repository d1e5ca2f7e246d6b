import path from 'node:path';
import { SSMClient } from '@aws-sdk/client-ssm';
import { environmentNamed, factory, type EnvironmentConfig } from '../../config';
import { imageOfRole, instanceRoles, stacks, type ImageKind, type InstanceRole } from '../../config/names';
import { readPointer } from '../../cli/delivery/images/pointer';
import { idsOf, resolveImages } from '../../cli/delivery/images/resolve';
import { validateImages } from '../../cli/delivery/validate-images';
import { rollOut } from '../../cli/delivery/rollout/roll-out';
import type { ImageRequest } from '../../cli/delivery/settings';
import { deleteSmokeRecord, readSmokeRecord, writeSmokeRecord } from '../../cli/delivery/smoke/record';
import { runSmoke } from '../../cli/delivery/smoke/run-smoke';
import type { LocalAws, LocalClientSettings } from '../local-aws';
import { deployCluster } from './cluster';
import { expectEqual } from './expect';
import { hasTerraform, LocalPlans } from './local-plans';
import type { Rehearsal } from './report';
import { deploySmokeDocument, localSmokeCommands } from './smoke';
import type { WrittenStack } from './stack';
import { startBentoApi, type BentoApi } from './stand-ins/bento-api';

type Images = Readonly<Record<InstanceRole, string>>;

/** What the rehearsal has when the first images are shared. */
export interface DeliveryStage {
  readonly rehearsal: Rehearsal;
  readonly aws: LocalAws;
  /** A folder of its own. */
  readonly directory: string;
  readonly log: (line: string) => void;
  /** The synthesized stack of a cluster. */
  readonly stackNamed: (name: string) => WrittenStack;
  /** Bakes and shares one more image of a kind, newer than those before. */
  readonly shareAnother: (kind: ImageKind) => Promise<string>;
  /** The image of that kind that was shared. */
  readonly shared: (kind: ImageKind) => string;
}

const following = (pointer: 'latest' | 'validated'): Record<InstanceRole, ImageRequest> => ({
  manager: { pointer },
  prover: { pointer },
});

/** Fails the step unless the work is refused, for this reason. */
async function expectRefusal(what: string, work: Promise<unknown>, reason: string): Promise<void> {
  const message = await work.then(
    () => 'it was not refused',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  if (!message.includes(reason)) throw new Error(`${what}: ${message}`);
}

/**
 * Delivers what is shared: staging deploys the latest images and validates them, production plans with exactly those, and
 * gets exactly that plan once it is approved, whatever is baked and validated in between. Where there is no Terraform,
 * what it does is left out, and reported so.
 *
 * @returns the manager image that is the latest in the end
 */
export async function deliverShared(stage: DeliveryStage): Promise<string> {
  const { rehearsal, aws, shared } = stage;
  const [staging, production] = [environmentNamed('staging'), environmentNamed('production')];
  const [inStaging, inProduction] = (await Promise.all(
    [staging, production].map(({ accountId }) => aws.clientSettings(accountId)),
  )) as [LocalClientSettings, LocalClientSettings];
  const first: Images = { manager: shared('manager'), prover: shared('prover') };

  const resolve = async (account: EnvironmentConfig, client: LocalClientSettings): Promise<Images> => {
    const { images } = await resolveImages({
      requests: following(account.followsLatest ? 'latest' : 'validated'),
      account,
      opsAccountId: factory.ops.accountId,
      client,
      validating: { environment: staging.environment, accountId: staging.accountId, client: inStaging },
    });
    return idsOf(images);
  };
  const { environment } = staging;
  const sleep = () => Promise.resolve();
  const bounded = { limitMinutes: 1, everySeconds: 5, sleep };
  const rollOutInStaging = async (images: Images): Promise<void> => {
    await deployCluster(inStaging, environment, images);
    await rollOut({ environment, client: inStaging, images, report: () => undefined, ...bounded });
  };
  const smokeInStaging = async (api: BentoApi): Promise<string[]> => {
    await deleteSmokeRecord(stage.directory);
    const lines: string[] = [];
    const commands = localSmokeCommands(environment, inStaging, api);
    const report = (line: string) => void lines.push(line);
    const common = { environment, client: inStaging, proof: staging.smoke, commands, report, dryRun: false };
    const { outcome, images } = await runSmoke({ ...common, ...bounded });
    expectEqual('the smoke test', outcome, 'passed');
    await writeSmokeRecord(stage.directory, { environment, outcome: 'passed', images });
    return lines;
  };
  const validateInStaging = async (images: Images): Promise<void> => {
    const rolledOut = { environment, client: inStaging, images, report: () => undefined };
    const smoke = await readSmokeRecord(stage.directory, { environment, images });
    await validateImages({ ...rolledOut, smoke, dryRun: false, pauses: [], sleep });
    for (const role of instanceRoles)
      expectEqual(
        `validated ${role}`,
        await readPointer(new SSMClient(inStaging), imageOfRole[role], 'validated'),
        images[role],
      );
  };

  await rehearsal.step('roll the latest out in staging', async () => {
    expectEqual('images of staging', await resolve(staging, inStaging), first);
    await rollOutInStaging(first);
    return { details: `its instances run ${first.manager} and ${first.prover}` };
  });
  await rehearsal.step('smoke test in staging', async () => {
    await deploySmokeDocument(inStaging, environment, stage.stackNamed(stacks.serviceAccount(environment)));
    const api = await startBentoApi();
    try {
      api.groth16 = 'fails';
      await expectRefusal('a cluster that makes no Groth16 proof', smokeInStaging(api), 'The images are not validated');
      await expectRefusal('validation', validateInStaging(first), 'No smoke test of staging has run here');
      await expectRefusal('production', resolve(production, inProduction), 'has validated no images');
      api.groth16 = 'works';
      const lines = await smokeInStaging(api);
      return { details: lines.at(-1)?.trim() ?? '' };
    } finally {
      await api.close();
    }
  });
  await rehearsal.step('validate them', async () => {
    await validateInStaging(first);
    return { details: `${first.manager} and ${first.prover}, together` };
  });
  if (!hasTerraform()) {
    stage.log(
      'Terraform is not installed: the plan of production is left out (https://developer.hashicorp.com/terraform/install)',
    );
    return first.manager;
  }

  const { plans, approved } = await rehearsal.step('plan production', async () => {
    const stack = stage.stackNamed(stacks.cluster(production.environment));
    const made = await LocalPlans.of(path.join(stage.directory, 'plans'), production, aws, inProduction, stack);
    const { record, sha256, summary } = await made.plan(await resolve(production, inProduction), 'first');
    expectEqual('images of the plan', record.images, first);
    return { plans: made, approved: sha256, details: summary.headline };
  });

  const { second } = await rehearsal.step('validate another one before approval', async () => {
    const images = { ...first, manager: await stage.shareAnother('manager') };
    expectEqual('images of staging', await resolve(staging, inStaging), images);
    await rollOutInStaging(images);
    await expectRefusal('validation', validateInStaging(images), 'The last smoke test was of staging with');
    const api = await startBentoApi();
    await smokeInStaging(api).finally(() => api.close());
    await validateInStaging(images);
    return { second: images, details: `${images.manager} is the latest, and validated` };
  });

  await rehearsal.step('apply the approved plan', async () => {
    await expectRefusal('another plan', plans.apply('first', '0'.repeat(64)), 'was approved');
    expectEqual('outcome', (await plans.apply('first', approved)).outcome, 'applied');
    expectEqual('images of production', await plans.images(), first);
    expectEqual('outcome of a repetition', (await plans.apply('first', approved)).outcome, 'already applied');
    return { details: `production runs ${first.manager}, and not ${second.manager}` };
  });

  await rehearsal.step('deploy it to production, and roll back', async () => {
    const next = await plans.plan(await resolve(production, inProduction), 'second');
    expectEqual('images of the plan', next.record.images, second);
    await plans.apply('second', next.sha256);
    expectEqual('images of production', await plans.images(), second);
    const back = await plans.plan(first, 'rollback');
    await plans.apply('rollback', back.sha256);
    expectEqual('images of production', await plans.images(), first);
    await expectRefusal('the plan before', plans.apply('second', next.sha256), 'state: the plan is made from serial');
    return { details: `on ${second.manager}, back on ${first.manager}; the plan in between is not applied again` };
  });
  return second.manager;
}
