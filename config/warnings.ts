import type { Written } from './accounts';
import { isNewBento, bentoReleases } from './bento-releases';
import { isOffered, offersReadOn, zonesOf } from './instance-offers';
import type { UsedType } from './instances';
import { opsFile } from './ops-rules';
import type { ConfigurationProblem } from './problem';
import { whereReadable } from './readable';
import type { FactoryConfig } from './schema';

const absentTypes = (used: readonly UsedType[]): readonly ConfigurationProblem[] =>
  used
    .filter(({ value, region }) => !isOffered(value, region))
    .map(({ file, field, value, region }) => {
      const message = `was not offered in ${region} on ${offersReadOn}; choose another family, or check with \`aws ec2 describe-instance-type-offerings --region ${region}\``;
      return { file, field, value, message };
    });

const absentZones = (written: readonly Written[]): readonly ConfigurationProblem[] =>
  written.flatMap(({ file, environment }) =>
    whereReadable(() => {
      const { network, region } = environment;
      const lists = network.kind === 'own' ? (['subnets', 'natSubnets'] as const) : (['subnets'] as const);
      const known = zonesOf(region);
      return lists.flatMap((list) =>
        (network.kind === 'own' ? network[list] : network.subnets).flatMap(({ zone }, index) =>
          known.includes(zone)
            ? []
            : [
                {
                  file,
                  field: `network.${list}.${index}.zone`,
                  value: zone,
                  message: `was not a zone of ${region} on ${offersReadOn}; use one of ${known.join(', ')}, or check with \`aws ec2 describe-availability-zones --region ${region}\``,
                },
              ],
        ),
      );
    }),
  );

/** A connection can be used in every region (Developer Tools console User Guide, "Global resources in AWS CodeConnections"). */
const foreignConnection = ({ repository: { connectionArn }, accountId }: FactoryConfig['ops']) => {
  const owner = connectionArn?.split(':')[4];
  if (owner === undefined || owner === accountId) return [];
  const message = `is a connection of the account ${owner}, and builds run in ${accountId}; make one there, and give its ARN`;
  return [{ file: opsFile, field: 'repository.connectionArn', value: connectionArn, message }];
};

const newBento = ({ build: { boundlessVersion } }: FactoryConfig['ops']) => {
  if (boundlessVersion === 'latest' || !isNewBento(boundlessVersion)) return [];
  const message = `is newer than every release that is known here; check that it is out, or use one of ${bentoReleases.join(', ')}`;
  return [{ file: opsFile, field: 'build.boundlessVersion', value: boundlessVersion, message }];
};

/** What is wrong as far as is known, and may have become right. */
export const warningsAbout = (
  factory: FactoryConfig,
  written: readonly Written[],
  used: readonly UsedType[],
): readonly ConfigurationProblem[] => [
  ...absentTypes(used),
  ...absentZones(written),
  ...whereReadable(() => foreignConnection(factory.ops)),
  ...whereReadable(() => newBento(factory.ops)),
];
