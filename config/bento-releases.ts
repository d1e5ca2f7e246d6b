import { supportedBento } from './contract';

const numbers = (version: string): number[] => version.replace(/^v/, '').split('.').map(Number);

/** Whether a version comes before another one. */
function isBefore(version: string, other: string): boolean {
  const others = numbers(other);
  const differing = numbers(version)
    .map((number, index) => number - (others[index] ?? 0))
    .find((difference) => difference !== 0);
  return differing !== undefined && differing < 0;
}

/** Whether the images are made for a release such as v1.2.2. */
export const isSupportedBento = (version: string): boolean =>
  !isBefore(version, supportedBento.from) && isBefore(version, supportedBento.before);
