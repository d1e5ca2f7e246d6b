import type { Written } from './accounts';
import { instanceTypeProblem } from './instance-types';
import { opsFile } from './ops-rules';
import type { ConfigurationProblem } from './problem';
import { whereReadable } from './readable';
import type { FactoryConfig } from './schema';

/** Where an instance type is named, and what for. */
export interface UsedType {
  readonly file: string;
  readonly field: string;
  readonly value: string;
  readonly region: string;
  readonly gpu: boolean;
}

/** Every instance type that the configuration names; those that are wrong by themselves are left out. */
export function usedTypes(factory: Pick<FactoryConfig, 'ops'>, written: readonly Written[]): readonly UsedType[] {
  // The GPU images validate their driver in the bake, which takes a GPU.
  const baked = (['manager', 'prover', 'bento'] as const).flatMap((image) =>
    whereReadable(() => {
      const { region, build } = factory.ops;
      const gpu = image !== 'manager';
      return [{ file: opsFile, field: `build.instanceTypes.${image}`, value: build.instanceTypes[image], region, gpu }];
    }),
  );
  const run = written.flatMap(({ file, environment }) => [
    ...whereReadable(() => {
      const { region, manager } = environment;
      return [{ file, field: 'manager.instanceType', value: manager.instanceType, region, gpu: false }];
    }),
    ...whereReadable(() =>
      Array.from({ length: environment.prover.instanceTypes.length }, (_, index) => index),
    ).flatMap((index) =>
      whereReadable(() => {
        const { region, prover } = environment;
        const field = `prover.instanceTypes.${index}`;
        return [{ file, field, value: prover.instanceTypes[index] ?? '', region, gpu: true }];
      }),
    ),
  ]);
  return [...baked, ...run];
}

/** Instance types that cannot run the image that they are for. */
export const problemsOfInstanceTypes = (used: readonly UsedType[]): readonly ConfigurationProblem[] =>
  used.flatMap(({ file, field, value, gpu }) => {
    const message = instanceTypeProblem(value, { gpu });
    return message === undefined ? [] : [{ file, field, value, message }];
  });
