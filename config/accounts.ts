import { opsFile } from './ops-rules';
import type { ConfigurationProblem } from './problem';
import { whereReadable } from './readable';
import type { EnvironmentConfig, FactoryConfig } from './schema';

/** An environment, and where it is written. */
export interface Written {
  readonly file: string;
  readonly environment: EnvironmentConfig;
}

/** The first of the others that a value is the same in; those where it is wrong by itself do not count. */
const sameIn = <T>(others: readonly T[], isSame: (other: T) => boolean): T | undefined =>
  others.find((other) => whereReadable(() => [isSame(other)])[0] === true);

/** Values that must differ between accounts, or be the same in all of them. */
export const problemsAcrossAccounts = (
  { ops }: Pick<FactoryConfig, 'ops'>,
  written: readonly Written[],
): readonly ConfigurationProblem[] => [
  ...written.flatMap((one, index) => [
    ...whereReadable(() => accountTwice(ops, one, written.slice(0, index))),
    ...whereReadable(() => nameTwice(one, written.slice(0, index))),
  ]),
  ...whereReadable(() => otherRegions(ops, written)),
];

function accountTwice(
  ops: FactoryConfig['ops'],
  { file, environment: { accountId } }: Written,
  before: readonly Written[],
): ConfigurationProblem[] {
  const owner =
    sameIn([ops], (other) => other.accountId === accountId) === undefined
      ? sameIn(before, ({ environment }) => environment.accountId === accountId)?.file
      : opsFile;
  if (owner === undefined) return [];
  const message = `is the account of ${owner} too; give each environment an account of its own`;
  return [{ file, field: 'accountId', value: accountId, message }];
}

function nameTwice({ file, environment: { environment: name } }: Written, before: readonly Written[]) {
  const other = sameIn(before, ({ environment }) => environment.environment === name);
  if (other === undefined) return [];
  const message = `is the name of the environment in ${other.file} too; names of environments must differ`;
  return [{ file, field: 'environment', value: name, message }];
}

/** Where all environments have one region and ops another, it is ops that has the wrong one. */
function otherRegions(ops: FactoryConfig['ops'], written: readonly Written[]): ConfigurationProblem[] {
  const placed = written.flatMap(({ file, environment }) =>
    whereReadable(() => [{ file, region: environment.region }]),
  );
  const regions = new Set(placed.map(({ region }) => region));
  const [first] = placed;
  if (first !== undefined && placed.length > 1 && regions.size === 1 && first.region !== ops.region) {
    const message = `is not the region of the environments, and images are regional; use ${first.region} as in ${placed.map(({ file }) => file).join(', ')}`;
    return [{ file: opsFile, field: 'region', value: ops.region, message }];
  }
  return placed
    .filter(({ region }) => region !== ops.region)
    .map(({ file, region }) => {
      const message = `is not the region of the images; use ${ops.region} as in ${opsFile}, since images are regional`;
      return { file, field: 'region', value: region, message };
    });
}
