import type { ConfigurationProblem } from './problem';
import { whereReadable } from './readable';
import type { Rule, Wrong } from './rule';
import type { EnvironmentConfig, OpsConfig } from './schema';

/** The first entry of a list that is there already; addresses of e-mail differ in more than upper and lower case. */
function duplicate(field: string, list: readonly string[]): Wrong | undefined {
  const folded = list.map((entry) => entry.toLowerCase());
  const twice = folded.findIndex((entry, index) => folded.indexOf(entry) < index);
  return twice < 0
    ? undefined
    : { field: `${field}.${twice}`, value: list[twice], message: 'is in the list twice; name it once' };
}

const lists: readonly (readonly [string, (environment: EnvironmentConfig) => readonly string[]])[] = [
  ['notifications.alarmEmails', ({ notifications }) => notifications.alarmEmails],
  ['allowedImages.providers', ({ allowedImages }) => allowedImages.providers],
  ['administratorRoles', ({ administratorRoles }) => administratorRoles],
  ['network.interfaceEndpoints', ({ network }) => (network.kind === 'own' ? network.interfaceEndpoints : [])],
];

/** Lists of an environment that name something twice. */
export const duplicateRules: readonly Rule[] = lists.map(
  ([field, listOf]) =>
    (environment) =>
      duplicate(field, listOf(environment)),
);

/** Lists of the ops account that name something twice. */
export const duplicatesInOps = (file: string, { notifications }: OpsConfig): readonly ConfigurationProblem[] =>
  (['alarmEmails', 'statusEmails'] as const).flatMap((name) =>
    whereReadable(() => {
      const wrong = duplicate(`notifications.${name}`, notifications[name]);
      return wrong === undefined ? [] : [{ file, ...wrong }];
    }),
  );
