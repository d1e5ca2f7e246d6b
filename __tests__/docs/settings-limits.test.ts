import { readFileSync } from 'node:fs';
import { settings } from '../../config/contract';

test.each(['docs/boot.md', 'docs/market.md'])('%s has the limits that the configuration and the boot have', (page) => {
  const text = readFileSync(page, 'utf8');
  const row = (key: string) => new RegExp(`^\\| \`${key}\` .*$`, 'm').exec(text)?.[0] ?? `no row of ${key}`;
  const { snarkTimeoutSeconds, executors, segmentPo2, povwLogId } = settings;
  expect(row('snarkTimeoutSeconds')).toContain(`${snarkTimeoutSeconds.least} to ${snarkTimeoutSeconds.most}`);
  expect(row('executors')).toContain(`${executors.least} to ${executors.most}`);
  if (page !== 'docs/boot.md') return;
  expect(row('segmentPo2')).toContain(`${segmentPo2.least} to ${segmentPo2.most}`);
  expect(row('povwLogId')).toContain(`${povwLogId.leastDigits} to ${povwLogId.mostDigits}`);
  for (const [key, setting] of Object.entries(settings))
    expect(row(key).split('|').at(-2)).toContain('default' in setting ? String(setting.default) : '');
});
