import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { planSchema, type Plan } from '../../../cli/delivery/summary/changes';
import { longestHeadline } from '../../../cli/delivery/summary/headline';
import { summaryOf } from '../../../cli/delivery/summary/summary';
import { changedArguments } from '../../../cli/delivery/summary/values';
import { terraform } from '../../../cli/terraform/run';
import { run, temporaryFolder } from '../../scripts/support';
import { describeWith } from '../../support/tools';

const canary = 'canary-5f1c2e';

describeWith(['terraform'], 'the summary of a real plan', () => {
  const folder = temporaryFolder();
  const stack = path.join(folder, 'stack');
  let plans = 0;

  const must = async (args: string[]): Promise<string> => {
    const { code, stdout, output } = await terraform(stack, args);
    if (code !== 0) throw new Error(output);
    return stdout;
  };
  const configure = (configuration: object) => {
    mkdirSync(stack, { recursive: true });
    writeFileSync(path.join(stack, 'main.tf.json'), JSON.stringify(configuration));
  };
  /** Plans a configuration, and returns Terraform's plan as JSON, and its summary. */
  const plan = async (configuration: object, ...args: string[]) => {
    configure(configuration);
    const file = path.join(folder, `plan-${(plans += 1)}`);
    await must(['plan', '-no-color', '-input=false', `-out=${file}`, ...args]);
    const json = await must(['show', '-json', file]);
    const summary = summaryOf(planSchema.parse(JSON.parse(json)), { stack: 'cluster', images: new Map() });
    return { ...summary, json, apply: () => must(['apply', '-no-color', file]) };
  };

  const secret = { variable: { secret: { default: canary, sensitive: true } } };
  const data = (resources: Record<string, object>, more: object = {}) => ({
    ...secret,
    resource: { terraform_data: resources },
    ...more,
  });
  const first = data(
    {
      kept: { input: 'same' },
      changed: { input: 'one' },
      hidden: { input: { password: '${var.secret}', name: 'x' } },
      replaced: { input: 'r', triggers_replace: ['v1'] },
      destroyed: { input: 'd' },
      forgotten: { input: 'f' },
      old_name: { input: 'm' },
    },
    { output: { plain: { value: 'before' }, token: { value: '${var.secret}', sensitive: true } } },
  );

  beforeAll(async () => {
    configure(first);
    await must(['init', '-no-color']);
  }, 60_000);
  afterAll(() => {
    rmSync(stack, { recursive: true, force: true });
  });

  test('lists what is created, and hides what is sensitive', async () => {
    const { headline, markdown, json, apply } = await plan(first);
    expect(json).toContain(canary);
    expect(headline + markdown).not.toContain(canary);
    expect(headline).toBe('cluster: 7 to create, 0 to update, 0 to replace, 0 to destroy, 0 to forget');
    expect(markdown).toContain('## Created (7)\n\n- `terraform_data.changed`\n');
    expect(markdown).toContain('- `plain`: `(nothing)` → `before`');
    expect(markdown).toContain('- `token`: `(sensitive)` → `(sensitive)`');
    await apply();
  });

  test('reports nothing to change for a plan without changes', async () => {
    const { headline, markdown } = await plan(first);
    expect(headline).toBe('cluster: nothing to change');
    expect(markdown).toBe('# Plan of cluster\n\nNothing to change.\n');
  });

  test('names every destruction and replacement with its reason, and moves, and what is let go', async () => {
    const second = data(
      {
        kept: { input: 'same' },
        changed: { input: 'two' },
        hidden: { input: { password: `\${var.secret}-more`, name: 'y' } },
        replaced: { input: 'r', triggers_replace: ['v2'] },
        new_name: { input: 'm' },
        created: { input: 'c' },
      },
      {
        moved: [{ from: 'terraform_data.old_name', to: 'terraform_data.new_name' }],
        removed: [{ from: 'terraform_data.forgotten', lifecycle: { destroy: false } }],
        output: { plain: { value: 'after' }, token: { value: `\${var.secret}2`, sensitive: true } },
      },
    );
    const { headline, markdown, json, apply } = await plan(second);
    expect(json).toContain(canary);
    expect(headline + markdown).not.toContain(canary);
    expect(headline).toBe(
      'cluster: 1 to create, 2 to update, 1 to replace, 1 to destroy, 1 to forget. ' +
        'DESTROYS: terraform_data.destroyed. REPLACES: terraform_data.replaced. Forgets: terraform_data.forgotten',
    );
    expect(markdown).toContain(
      '## Destroyed (1)\n\n- `terraform_data.destroyed`: it is no longer in the configuration\n',
    );
    expect(markdown).toMatch(
      /## Replaced \(1\)\n\n- `terraform_data.replaced`: triggers\\_replace cannot be changed in place\n/,
    );
    expect(markdown).toContain('- `triggers_replace`: `["v1"]` → `["v2"]`');
    expect(markdown).toContain('## Moved (1)\n\n- `terraform_data.old_name` → `terraform_data.new_name`');
    expect(markdown).toMatch(/## Forgotten.*\n\n- `terraform_data.forgotten`/);
    expect(markdown).toContain('- `terraform_data.changed`\n  - `input`: `one` → `two`');
    expect(markdown).toContain('- `terraform_data.hidden`\n  - `input`: `(sensitive)` → `(sensitive)`');
    expect(markdown).toContain('- `plain`: `before` → `after`');
    await apply();
  });

  test('shows a replacement that was asked for, and what is imported', async () => {
    const third = data(
      { kept: { input: 'same' }, changed: { input: 'two' }, taken: { input: 't' } },
      { import: [{ to: 'terraform_data.taken', id: 'an-id' }] },
    );
    const { markdown, headline } = await plan(third, '-replace=terraform_data.kept');
    expect(markdown).toContain('- `terraform_data.kept`: its replacement was asked for');
    expect(markdown).toContain('## Imported (1)\n\n- `terraform_data.taken` from `an-id`');
    expect(headline).toMatch(/DESTROYS: terraform_data.created, terraform_data.hidden.*REPLACES: terraform_data.kept/);
  });

  test('the command sums up what Terraform wrote', async () => {
    const { json } = await plan(data({ kept: { input: 'same' } }));
    const file = path.join(folder, 'plan.json');
    writeFileSync(file, json);
    const ended = await run(process.execPath, ['cli/run.mjs', 'cli/main.ts', 'delivery', 'summary', file]);
    expect(ended.code).toBe(0);
    expect(ended.stdout).toMatch(/^# Plan of plan\.json\n[^]*## Destroyed/);
    expect(ended.stdout).not.toContain(canary);
  });
});

describe('the summary', () => {
  const change = (actions: string[], before: unknown = null, after: unknown = null) => ({
    actions,
    before,
    after,
    after_unknown: {},
    before_sensitive: {},
    after_sensitive: {},
  });
  const planOf = (...resources: object[]): Plan =>
    planSchema.parse({
      format_version: '1.2',
      resource_changes: resources.map((resource) => ({ mode: 'managed', type: 'x', ...resource })),
    });
  const template = (role: string, before: string | null, after: string | null, actions = ['update']) => ({
    address: `aws_launch_template.${role}`,
    type: 'aws_launch_template',
    change: change(
      actions,
      before === null ? null : { name: `prover-cluster-production-${role}`, image_id: before },
      after === null ? null : { name: `prover-cluster-production-${role}`, image_id: after },
    ),
  });
  const images = new Map([
    ['ami-1', 'boundless-manager-v1.2.1-20260901000000'],
    ['ami-2', 'boundless-manager-v1.2.2-20260902000000'],
    ['ami-3', 'boundless-prover-v1.2.2-20260902000000'],
    ['ami-4', 'boundless-prover-v1.2.2-20260903000000'],
  ]);

  test('has the images old and new with their versions', () => {
    const plan = planOf(template('manager', 'ami-1', 'ami-2'), template('prover', 'ami-3', 'ami-4'));
    const { headline, markdown } = summaryOf(plan, { stack: 's', images });
    expect(headline).toMatch(/Images: manager v1\.2\.1 -> v1\.2\.2, prover v1\.2\.2: ami-3 -> ami-4$/);
    expect(markdown).toContain(
      '- manager: v1.2.1 (ami-1, baked 20260901000000) → v1.2.2 (ami-2, baked 20260902000000)',
    );
  });

  test('distinguishes an image that is gone, one of another name, and one that stays', () => {
    const plan = planOf(template('manager', 'ami-9', 'ami-2'), template('prover', 'ami-3', 'ami-3'));
    const { headline, markdown } = summaryOf(plan, { stack: 's', images });
    expect(markdown).toContain('- manager: ami-9 (this account no longer sees it) → v1.2.2 (ami-2,');
    expect(markdown).toContain('- prover: stays on v1.2.2 (ami-3,');
    expect(headline).toContain('manager ami-9 -> v1.2.2, prover stays on v1.2.2');
    const made = summaryOf(planOf(template('manager', null, 'ami-2', ['create'])), { stack: 's', images });
    expect(made.headline).toContain('manager none -> v1.2.2');
  });

  test('a headline fits into an approval, and counts what it leaves out', () => {
    const many = (kind: string, count: number, actions: string[]) =>
      Array.from({ length: count }, (_, index) => ({
        address: `aws_thing.${kind}["${String(index).padStart(60, '0')}"]`,
        change: change(actions),
      }));
    const plan = planOf(
      ...many('gone', 40, ['delete']),
      ...many('new', 40, ['delete', 'create']),
      template('manager', 'ami-1', 'ami-2'),
    );
    const { headline, markdown } = summaryOf(plan, { stack: 's', images, remarks: ['r'.repeat(300)] });
    expect(headline.length).toBeLessThanOrEqual(longestHeadline);
    expect(headline).toContain('s: 0 to create, 1 to update, 40 to replace, 40 to destroy');
    expect(headline).toMatch(/DESTROYS: aws_thing\.gone.*\d+ more in the summary\. REPLACES: .*(more )?in the summary/);
    for (let index = 0; index < 40; index += 1)
      expect(markdown).toContain(`aws_thing.gone["${String(index).padStart(60, '0')}"]`);
  });

  test('remarks stand in headline and summary', () => {
    const { headline, markdown } = summaryOf(planOf(), { stack: 's', images, remarks: ['ami-1 is *old*'] });
    expect(headline).toBe('s: nothing to change. ami-1 is *old*');
    expect(markdown).toContain('## Notes (1)\n\n- ami-1 is \\*old\\*');
  });

  test('nothing that stands in a plan ends the code that it is shown in', () => {
    const { markdown } = summaryOf(
      planOf({ address: 'a.`b`', change: change(['update'], { x: 'a\n# b' }, { x: '``` c' }) }),
      { stack: 's', images },
    );
    expect(markdown).toContain('- `` a.`b` ``\n  - `x`: `a # b` → ```` ``` c ````');
  });

  test.each([
    ['format_version', { format_version: '2.0' }],
    [
      'actions',
      {
        format_version: '1.2',
        resource_changes: [{ address: 'a', mode: 'managed', type: 'x', change: { actions: [] } }],
      },
    ],
  ])('a plan of another form is refused: %s', (field, plan) => {
    expect(() => planSchema.parse(plan)).toThrow(field);
  });

  test('an action that nobody knows is refused, and not left out', () => {
    expect(() => summaryOf(planOf({ address: 'a', change: change(['evaporate']) }), { stack: 's', images })).toThrow(
      'Terraform plans the actions evaporate',
    );
  });

  test('what is sensitive in one place is hidden in all', () => {
    const plan = planSchema.parse({
      format_version: '1.2',
      configuration: { root_module: { variables: { pin: { sensitive: true }, open: {} } } },
      variables: { pin: { value: '77' }, open: { value: 'open' } },
      resource_changes: [
        {
          address: 'a',
          mode: 'managed',
          type: 'x',
          change: {
            ...change(
              ['update'],
              { w: canary, x: 0, y: 1, z: 'o' },
              { w: 'n', x: `echo "${canary}"`, y: '77', z: 'open' },
            ),
            before_sensitive: { w: true },
          },
        },
      ],
    });
    const { markdown } = summaryOf(plan, { stack: 's', images });
    expect(markdown).not.toMatch(/canary|77/);
    expect(markdown).toContain('- `z`: `o` → `open`');
  });

  test('marks hide wherever they stand', () => {
    const nothing = () => false;
    const sides = (before: unknown, after: unknown, was: unknown, is: unknown) => ({
      ...change(['update'], before, after),
      before_sensitive: was,
      after_sensitive: is,
    });
    for (const [was, is] of [
      [true, true],
      [{ a: true }, {}],
      [{}, { a: { b: [false, true] } }],
    ])
      expect(
        JSON.stringify(changedArguments(sides({ a: canary }, { a: `${canary}2` }, was, is), nothing)),
      ).not.toContain(canary);
    expect(changedArguments({ ...change(['update'], { a: 1 }, {}), after_unknown: { a: true } }, nothing)).toEqual([
      { name: 'a', before: '1', after: '(known after apply)' },
    ]);
    expect(changedArguments(sides({ a: 'x'.repeat(200) }, { a: null }, {}, {}), nothing)).toEqual([
      { name: 'a', before: '(200 characters)', after: '(nothing)' },
    ]);
  });
});
