import { readdirSync, readFileSync } from 'node:fs';
import { ConfigurationError } from '../../config';
import { findingsOf } from '../../config/validate';
import { withValue, staging } from '../support/refused-values';
import { resourcesOf, stackOf, synthesize } from '../support/synthesized';

const words = ['seven', 'eight', 'nine', 'ten', 'eleven', 'twelve', 'thirteen', 'fourteen', 'fifteen', 'sixteen'];
const inWords = (count: number): string => words[count - 7] ?? String(count);

test('docs/monitoring.md has how many metrics and composite alarms a cluster pays for', () => {
  const stacks = synthesize();
  const metrics = (name: string) =>
    resourcesOf(stackOf(stacks, name), 'aws_cloudwatch_metric_alarm').reduce((sum, { metric_query: queries }) => {
      const measured = (queries as { metric?: unknown }[] | undefined)?.filter(({ metric }) => metric !== undefined);
      return sum + (measured?.length ?? 1);
    }, 0);
  const composites = resourcesOf(stackOf(stacks, 'prover-cluster-production'), 'aws_cloudwatch_composite_alarm').length;
  const text = readFileSync('docs/monitoring.md', 'utf8').replace(/\s+/g, ' ');
  expect(text).toContain(
    `look at ${metrics('prover-cluster-staging')} metrics (${metrics('prover-cluster-production')} with scaling), at 0.10 USD a month each, ` +
      `and have ${inWords(composites)} composite alarms`,
  );
});

test('docs/architecture.md has how many corrections the local AWS has', () => {
  const server = readFileSync('lab/local-aws/nearer_to_aws.py', 'utf8');
  const count = [...server.matchAll(/^\d+\. /gm)].length;
  expect(server).toContain(`in ${inWords(count)} places`);
  expect(readFileSync('docs/architecture.md', 'utf8')).toContain(`with ${inWords(count)} corrections`);
});

test('docs/market.md has what make synth prints', () => {
  const broken = withValue(staging('broker', 'market'), { allowed_requestor_lists: [], max_file_size: 0 });
  const { table } = new ConfigurationError(findingsOf(broken).problems);
  expect(readFileSync('docs/market.md', 'utf8')).toContain(`$ make synth\n${table}\n\`\`\``);
});

test('config/schema/groups.ts has the sizes of the images', () => {
  const variables = readFileSync('packer/variables.pkr.hcl', 'utf8');
  const size = (name: string) => new RegExp(`variable "${name}" \\{[^}]*default\\s+= (\\d+)`).exec(variables)?.[1];
  const sizes = [size('root_volume_gib'), size('gpu_root_volume_gib')];
  const named = [...readFileSync('config/schema/groups.ts', 'utf8').matchAll(/at least that of the image, (\d+)/g)];
  expect(named.map(([, number]) => number)).toEqual(sizes);
});

test('docs/README.md lists every document', () => {
  const index = readFileSync('docs/README.md', 'utf8');
  const documents = readdirSync('docs').filter((name) => name.endsWith('.md') && name !== 'README.md');
  expect(documents.filter((name) => !index.includes(`(${name})`))).toEqual([]);
});
