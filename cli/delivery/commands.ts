import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { FactoryConfig } from '../../config';
import { instanceRoles, smokeMinutes, stacks, validatedImagesName, type InstanceRole } from '../../config/names';
import type { Action } from './arguments';
import { buildLink, writeExports } from './exports';
import { idsOf, resolveImages, type ResolvedImages } from './images/resolve';
import { applyPlan } from './plan/apply';
import { makePlan } from './plan/make';
import { DeliveryRefusedError } from './problem';
import { validateImages } from './validate-images';
import { rollOut } from './rollout/roll-out';
import { prepare, workDirectory, type Setting } from './prepare';
import { imageRequests, required } from './settings';
import { smokeCommands } from './smoke/command';
import { deleteSmokeRecord, readSmokeRecord, writeSmokeRecord } from './smoke/record';
import { runSmoke } from './smoke/run-smoke';
import { planSchema } from './summary/changes';
import { summaryOf } from './summary/summary';

const synthesized = path.join('cdktf.out', 'stacks');

const sleep = (seconds: number): Promise<unknown> => setTimeout(seconds * 1000);
const onOutput = (text: string): void => void process.stdout.write(text);
const print = (line: string): void => {
  console.log(line);
};

/** Does one command, and prints what comes of it. */
export async function run(action: Action, factory: FactoryConfig): Promise<void> {
  if (action.command === 'summary') return sumUp(action.file);
  const setting = await prepare(action, factory);
  switch (action.command) {
    case 'images':
      return images(setting);
    case 'plan':
      return plan(setting);
    case 'apply':
      return apply(setting);
    case 'rollout':
      return rollout(setting);
    case 'smoke':
      return smoke(setting);
    case 'promote':
      return validate(setting);
  }
}

async function resolved({ action, factory, account, access, validating }: Setting): Promise<ResolvedImages> {
  const requests = imageRequests(action.variables, account);
  const { client } = access;
  return resolveImages({ requests, account, opsAccountId: factory.ops.accountId, client, validating });
}

async function images(setting: Setting): Promise<void> {
  const found = await resolved(setting);
  for (const role of instanceRoles)
    print(`${role}: ${found.images[role].ImageId ?? ''} ${found.images[role].Name ?? ''}`);
  found.remarks.forEach(print);
}

const commitOf = ({ action }: Setting): string =>
  required(action.variables, 'CODEBUILD_RESOLVED_SOURCE_VERSION', 'the commit (git rev-parse HEAD)');

const exported = (ids: Readonly<Record<InstanceRole, string>>) => ({
  MANAGER_IMAGE_ID: ids.manager,
  PROVER_IMAGE_ID: ids.prover,
});

async function plan(setting: Setting): Promise<void> {
  const { action, account, access } = setting;
  const { variables, folder, exportsFile } = action;
  const found = await resolved(setting);
  const ids = idsOf(found.images);
  const made = await makePlan({
    account,
    access,
    images: ids,
    remarks: found.remarks,
    commit: commitOf(setting),
    build: variables['CODEBUILD_BUILD_ID'] ?? 'local',
    stackDirectory: path.join(synthesized, stacks.cluster(account.environment)),
    folder,
    workDirectory: path.join(workDirectory, 'work'),
    onOutput,
  });
  const { headline, markdown } = made.summary;
  print(`\n${markdown}\n${headline}\nPLAN_SHA256 ${made.sha256}`);
  if (exportsFile !== undefined)
    await writeExports(exportsFile, {
      ...exported(ids),
      PLAN_SHA256: made.sha256,
      HEADLINE: headline,
      SUMMARY_LINK: buildLink(variables['CODEBUILD_BUILD_ARN']),
    });
}

async function apply(setting: Setting): Promise<void> {
  const { action, account, access } = setting;
  const { variables, folder, dryRun, exportsFile } = action;
  const { outcome, record } = await applyPlan({
    account,
    access,
    folder,
    planSha256: required(variables, 'PLAN_SHA256', 'the SHA-256 of the plan that was approved'),
    commit: commitOf(setting),
    images: imagesOfAction(action),
    maxAgeHours: limit(variables, 'PLAN_MAX_AGE_HOURS', 24),
    dryRun,
    workDirectory: path.join(workDirectory, 'work'),
    onOutput,
  });
  print(
    `The plan of ${record.createdAt} (${record.build}) ${outcome === 'would be applied' ? outcome : `is ${outcome}`}.`,
  );
  if (exportsFile !== undefined) await writeExports(exportsFile, exported(record.images));
}

/** The image ids that the build was given; the plan names them all the same. */
const imagesOfAction = ({ variables }: Action): Record<string, string> =>
  Object.fromEntries(
    instanceRoles.flatMap((role) => {
      const value = variables[`${role.toUpperCase()}_IMAGE_ID`] ?? '';
      return value.startsWith('ami-') ? [[role, value]] : [];
    }),
  );

/** The images by their ids: what is waited for and validated is what was deployed, and no pointer of a later time. */
function deployed({ action, account }: Setting): Record<InstanceRole, string> {
  const requests = imageRequests(action.variables, account);
  const idOf = (role: InstanceRole): string => {
    const request = requests[role];
    if ('id' in request) return request.id;
    throw new DeliveryRefusedError(
      `${role.toUpperCase()}_IMAGE_ID is ${request.pointer}; give the id that was deployed: the pointer may have moved since.`,
    );
  };
  return { manager: idOf('manager'), prover: idOf('prover') };
}

const rolloutOf = (setting: Setting) => ({
  environment: setting.account.environment,
  client: setting.access.client,
  images: deployed(setting),
  report: print,
});

async function rollout(setting: Setting): Promise<void> {
  const { action, account, access } = setting;
  await rollOut({
    environment: account.environment,
    client: access.client,
    images: namesImages(action) ? deployed(setting) : undefined,
    ignoreAlarms: action.ignoreAlarms,
    report: print,
    limitMinutes: limit(action.variables, 'ROLLOUT_MINUTES', 240),
    everySeconds: 15,
    sleep,
  });
  print('Every group runs its image.');
}

async function smoke({ action, account, access }: Setting): Promise<void> {
  const { environment, smoke: proof } = account;
  const { client } = access;
  if (!action.dryRun) await deleteSmokeRecord(workDirectory);
  const { outcome, images } = await runSmoke({
    environment,
    client,
    proof,
    commands: smokeCommands(environment, client),
    report: print,
    dryRun: action.dryRun,
    limitMinutes: smokeMinutes,
    everySeconds: 10,
    sleep,
  });
  if (outcome === 'would run') return;
  await writeSmokeRecord(workDirectory, { environment, outcome, images });
  if (outcome === 'passed') print(`${environment} can prove: the smoke test passed.`);
}

/** A build names what it deployed, and a person need not. */
const namesImages = ({ variables }: Action): boolean =>
  instanceRoles.some((role) => (variables[`${role.toUpperCase()}_IMAGE_ID`] ?? '') !== '');

async function validate(setting: Setting): Promise<void> {
  const { action, account } = setting;
  if (!account.followsLatest)
    throw new DeliveryRefusedError(
      `${account.environment} validates no images (followsLatest is false in its configuration).`,
    );
  const { dryRun } = action;
  const rolledOut = rolloutOf(setting);
  const smoke = account.smoke === null ? 'off' : await readSmokeRecord(workDirectory, rolledOut);
  const { pointers, together } = await validateImages({
    ...rolledOut,
    smoke,
    dryRun,
    pauses: [1, 2, 4, 8, 15, 30],
    sleep,
  });
  for (const { role, imageId, was, validated } of pointers) {
    if (!validated) {
      const why = smoke === 'skipped' ? 'the smoke test was skipped' : `no instance runs ${imageId}`;
      print(`${role}: ${why}, so ${imageId} is not validated; ${was ?? 'no image'} stays validated`);
      continue;
    }
    const verb = was === imageId ? 'was validated before' : dryRun ? 'would be validated' : 'is validated';
    print(`${role}: ${imageId} ${verb}${was === undefined || was === imageId ? '' : `; before it, ${was}`}`);
  }
  if (together) print(`${validatedImagesName}: they ${dryRun ? 'would be' : 'are'} validated together`);
  else print(`${validatedImagesName} stays as it is: a role has no instances, so the images did not run together`);
}

async function sumUp(file: string): Promise<void> {
  const { markdown, headline } = summaryOf(planSchema.parse(JSON.parse(await readFile(file, 'utf8'))), {
    stack: path.basename(file),
    images: new Map(),
  });
  print(`${markdown}\n${headline}`);
}

function limit(variables: Action['variables'], name: string, standard: number): number {
  const value = variables[name] ?? '';
  if (value === '') return standard;
  if (!/^[1-9]\d{0,3}$/.test(value))
    throw new DeliveryRefusedError(`${name} is ${JSON.stringify(value)}; give it a whole number from 1 to 9999.`);
  return Number(value);
}
