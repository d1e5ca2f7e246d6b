import { readFileSync } from 'node:fs';
import { withEverything } from '../support/factories';
import { synthesize, type Arguments, type SynthesizedStack } from '../support/synthesized';

const rows = readFileSync('docs/facts/creation-order.md', 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, type, , before] = line.split('|').map((cell) => cell.trim().replaceAll('`', ''));
    return type?.startsWith('aws_') === true && before !== undefined ? [[type, before] as const] : [];
  });

const stacks = [...synthesize({ factory: withEverything() }).values()];

/** Addresses that a resource names in its arguments or in `depends_on`. */
const namedBy = (stack: SynthesizedStack, args: Arguments): string[] =>
  [...JSON.stringify(args).matchAll(/\b(aws_\w+)\.([\w-]+)/g)]
    .filter(([, type, id]) => stack.resource[type ?? '']?.[id ?? ''] !== undefined)
    .map(([address]) => address);

/** Everything that Terraform makes before a resource. */
function madeBefore(stack: SynthesizedStack, args: Arguments): ReadonlySet<string> {
  const found = new Set<string>();
  const waiting = namedBy(stack, args);
  for (let address = waiting.pop(); address !== undefined; address = waiting.pop()) {
    if (found.has(address)) continue;
    found.add(address);
    const [type = '', id = ''] = address.split('.');
    waiting.push(...namedBy(stack, stack.resource[type]?.[id] ?? {}));
  }
  return found;
}

/** The function that a resource has act for it. */
const functionOf = (stack: SynthesizedStack, args: Arguments): Arguments | undefined =>
  stack.resource['aws_lambda_function']?.[
    /aws_lambda_function\.([\w-]+)/.exec(String(args['function_name']))?.[1] ?? ''
  ];

/** The policies of the roles that a resource acts with, its own or its function's. */
const policiesOfRole = (stack: SynthesizedStack, resource: Arguments): string[] => {
  const args = functionOf(stack, resource) ?? resource;
  return ['role', 'role_arn', 'service_role', 'iam_role_arn', 'execution_role_arn'].flatMap((argument) => {
    const role = /aws_iam_role\.[\w-]+/.exec(String(args[argument]))?.[0];
    return Object.entries(stack.resource['aws_iam_role_policy'] ?? {})
      .filter(([, policy]) => role !== undefined && String(policy['role']).includes(`${role}.`))
      .map(([id]) => `aws_iam_role_policy.${id}`);
  });
};

test('the table has rows', () => {
  expect(rows.length).toBeGreaterThanOrEqual(7);
});

test.each(rows)('%s comes after %s', (type, before) => {
  const found = stacks.flatMap((stack) =>
    Object.entries(stack.resource[type] ?? {}).map(([id, args]) => ({ stack, id, args })),
  );
  expect(found.length).toBeGreaterThan(0);
  for (const { stack, id, args } of found) {
    const made = madeBefore(stack, args);
    const wanted =
      before === 'policy of its role'
        ? policiesOfRole(stack, args)
        : Object.keys(stack.resource[before] ?? {})
            .map((one) => `${before}.${one}`)
            .filter((address) => before !== 'aws_lambda_permission' || made.has(address));
    expect([id, wanted.length > 0]).toEqual([id, true]);
    expect([id, wanted.filter((address) => !made.has(address))]).toEqual([id, []]);
  }
});
