import { addressOf, overlap, range, type Range } from '../../config/cidr';
import type { EnvironmentConfig } from '../../config';
import { OperatorError } from '../common/errors';

const whole = (cidr: string): Range => {
  const found = range(cidr);
  if (found === undefined) throw new OperatorError(`${cidr} is not a network; correct the configuration first`);
  return found;
};

/** Every network that an environment has. */
const networksOf = ({ network }: EnvironmentConfig): readonly Range[] =>
  (network.kind === 'own' ? [network.vpcCidr] : network.subnets.map(({ cidr }) => cidr)).map(whole);

const privateRange = whole('10.0.0.0/8');

/**
 * The first network of 10.0.0.0/8 behind the last one in use that is as large as another, and apart from all.
 *
 * @param like a network such as `10.20.0.0/16`
 * @throws OperatorError where there is none left
 */
export function freeNetwork(like: string, environments: readonly EnvironmentConfig[]): string {
  const taken = environments.flatMap(networksOf);
  const { first, last } = whole(like);
  const size = last - first + 1;
  const count = (privateRange.last - privateRange.first + 1) / size;
  // From the last one on, and then from the start.
  const inRange = taken.filter((one) => overlap(one, privateRange)).map((one) => one.last + 1);
  const start = Math.ceil((Math.max(privateRange.first, ...inRange) - privateRange.first) / size);
  for (let step = 0; step < count; step += 1) {
    const at = privateRange.first + ((start + step) % count) * size;
    const candidate = { first: at, last: at + size - 1 };
    if (!taken.some((one) => overlap(one, candidate))) return `${addressOf(at)}/${like.split('/')[1] ?? ''}`;
  }
  throw new OperatorError(
    `There is no network of the size of ${like} left in 10.0.0.0/8; free one, or write the file by hand`,
  );
}

/** An address or a network that keeps its place when the network around it moves. */
export function moved(address: string, from: string, to: string): string {
  const [plain = '', bits] = address.split('/');
  const offset = whole(`${plain}/32`).first - whole(from).first;
  return [addressOf(whole(to).first + offset), bits].filter((part) => part !== undefined).join('/');
}
