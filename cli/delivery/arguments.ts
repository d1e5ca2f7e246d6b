import { parseArgs } from 'node:util';
import { factory } from '../../config';

const environments = factory.environments.map(({ environment }) => environment).join('|');

export const usage = `usage: npm run delivery -- <command> [options]

  images                report which images a deployment would take, and check them
  plan                  plan the cluster with these images; save plan, record and summary in the folder
  apply [--dry-run]     apply the saved plan of the folder, if it is the approved one and nothing has moved since
  rollout [--ignore-alarms]
                        bring the groups onto what the stack wants, and wait until they run it: follow a refresh that
                        runs towards it, cancel any other, start one where instances are of another template. AWS rolls
                        back a refresh that fails or whose alarms fire. With image ids: only if the stack wants these
  smoke [--dry-run]     have the cluster make one small proof on its manager, and wait for it; skipped, by name, where
                        the configuration wants none (smoke) or a group wants no instances
  promote [--dry-run]   record the images as validated by the environment, if its groups run them and the smoke
                        test of this checkout has passed with them
  summary <file>        sum up what \`terraform show -json <plan>\` wrote to a file

  --environment <${environments}>   (ENVIRONMENT)
  --manager-image <id>, --prover-image <id>    (MANAGER_IMAGE_ID, PROVER_IMAGE_ID) image ids, or the pointer that the
                       environment follows: latest where it validates images, else validated
  --folder <folder>    where the saved plan is; .build/delivery/plan by default
  --sha256 <hash>      (PLAN_SHA256) the approved plan: SHA-256 of its record, plan.json
  --exports <file>     write what a build exports as lines for a shell
  --ignore-alarms      for a fix of what the alarms fire for: they do not roll the refresh back; failures do
  --dry-run            check, and change nothing
  --help               print this

More variables: SERVICE_ACCOUNT_ID must be the environment's account, where it is set. PROVING_ENVIRONMENT and
PROVING_ACCOUNT_ID name the environment whose validated images are meant, in a build. CODEBUILD_RESOLVED_SOURCE_VERSION is the commit of
plan and apply. PLAN_MAX_AGE_HOURS (24) and ROLLOUT_MINUTES (240) are limits. BOUNDLESS_ACT_AS=deployment|plan, in a build
of CodeBuild, acts through that role of the environment's account; without it, credentials come from where AWS SDKs look.

exit codes: 0 done, or nothing to do; 1 not done; 2 wrong usage`;

export const commands = ['images', 'plan', 'apply', 'rollout', 'smoke', 'promote', 'summary'] as const;

/** What was asked for. `variables` are those of the environment, or the options in their place. */
export interface Action {
  readonly command: (typeof commands)[number];
  readonly dryRun: boolean;
  readonly ignoreAlarms: boolean;
  readonly folder: string;
  readonly exportsFile: string | undefined;
  /** The argument of `summary`. */
  readonly file: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** @throws Error that names what can't be understood */
export function parse(args: readonly string[], inherited: Readonly<Record<string, string | undefined>>): Action {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    options: {
      environment: text,
      'manager-image': text,
      'prover-image': text,
      sha256: text,
      folder: { ...text, default: '.build/delivery/plan' },
      exports: text,
      'ignore-alarms': { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  const given = {
    ENVIRONMENT: values.environment,
    MANAGER_IMAGE_ID: values['manager-image'],
    PROVER_IMAGE_ID: values['prover-image'],
    PLAN_SHA256: values.sha256,
  };
  const variables = {
    ...inherited,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
  const [name = '', ...rest] = positionals;
  const { 'dry-run': dryRun, 'ignore-alarms': ignoreAlarms, folder, exports: exportsFile } = values;
  if (folder === '') throw new Error('--folder is empty; the action needs the input artifact `plan`.');
  const action = { dryRun, ignoreAlarms, folder, exportsFile, file: rest[0] ?? '', variables };
  const command = commands.find((known) => known === name);
  if (command === undefined) throw new Error(`There is no command ${JSON.stringify(name)}.`);
  const count = command === 'summary' ? 1 : 0;
  if (rest.length !== count) throw new Error(`${command} takes ${count} arguments, not ${rest.length}.`);
  if (dryRun && command !== 'apply' && command !== 'promote' && command !== 'smoke')
    throw new Error(`${command} takes no --dry-run.`);
  if (ignoreAlarms && command !== 'rollout') throw new Error(`${command} takes no --ignore-alarms.`);
  if (exportsFile !== undefined && command !== 'plan' && command !== 'apply')
    throw new Error(`${command} takes no --exports.`);
  return { ...action, command };
}
