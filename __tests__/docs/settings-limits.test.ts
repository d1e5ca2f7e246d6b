import { readFileSync } from 'node:fs';
import { limits } from '../../config/limits';

test.each(['docs/boot.md', 'docs/market.md'])('%s has the limits that the configuration and the boot have', (page) => {
  const text = readFileSync(page, 'utf8');
  const row = (key: string) => new RegExp(`^\\| \`${key}\` .*$`, 'm').exec(text)?.[0] ?? `no row of ${key}`;
  for (const [key, [least, most]] of [
    ['snarkTimeoutSeconds', limits.snarkTimeoutSeconds],
    ['executors', limits.executors],
    ...(page === 'docs/boot.md'
      ? ([
          ['segmentPo2', limits.segmentPo2],
          ['povwLogId', limits.povwLogIdDigits],
        ] as const)
      : []),
  ] as const)
    expect(row(key)).toContain(`${least} to ${most}`);
});
