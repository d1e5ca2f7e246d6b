import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bash, temporaryFolder, writeStandIns } from '../scripts/support';
import { awsCliPath } from '../support/aws-cli';
import { withEverything } from '../support/factories';
import { takes } from '../support/filter-pattern';
import { synthesize } from '../support/synthesized';
import { bashIn } from '../support/document';
import { describeWith } from '../support/tools';

/** Commands of AWS CLI 2 alone, which distributions that package version 1 do not have; the pages that name them note it. */
const onlyInVersion2 = /aws logs tail|--cli-binary-format/;
/** What stands for `<...>`. */
const filledIn = '01234567-89ab-cdef-0123-456789abcdef';
const variables = {
  AMI_ID: 'ami-0123456789abcdef0',
  ARN: 'arn:aws:codeconnections:us-west-2:111111111111:connection/01234567-89ab-cdef-0123-456789abcdef',
  RPC_KEY: 'a-key-of-no-one',
  TOKEN: '01234567-89ab-cdef-0123-456789abcdef',
  id: 'packer-build-project:01234567-89ab-cdef-0123-456789abcdef',
  image: 'manager',
  key: 'arn:aws:kms:us-west-2:111111111111:key/01234567-89ab-cdef-0123-456789abcdef',
};

const documents = [
  'README.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const commandsOf = (text: string): string[] => [
  ...bashIn(text).flatMap((block) => block.split(/(?<!\\)\n/)),
  ...[...text.matchAll(/`(aws [^`]* --[^`]*)`/g)].map(([, inline]) =>
    inline!.replace(/\s+/g, ' ').replace(/<[^>]+>/g, filledIn),
  ),
];
const commands = documents
  .flatMap((file) => commandsOf(readFileSync(file, 'utf8')).map((command) => [file, command.trim()] as const))
  .filter(([, command]) => /\baws [a-z]/.test(command) && !command.includes('...'));

test('there are commands to try, and few that cannot be', () => {
  expect(commands.length).toBeGreaterThan(40);
  expect(commands.filter(([, command]) => onlyInVersion2.test(command)).length).toBeLessThan(4);
});

test('names in commands are those of the stacks', () => {
  // Pipelines and their projects are there with a connection only.
  const everything = [...synthesize({ factory: withEverything() }).values()]
    .map(({ resource }) => JSON.stringify(resource))
    .join('\n');
  const options =
    /--(?:log-group-name|auto-scaling-group-name|project-name|function-name|pipeline-name|secret-id) (\S+)/g;
  const named = commands.flatMap(([, command]) => [...command.matchAll(options)].map(([, name]) => name!));
  expect(named.length).toBeGreaterThan(15);
  for (const name of named.filter((one) => one !== filledIn))
    expect([name, everything.includes(`"${name}"`)]).toEqual([name, true]);
});

test('patterns that search logs are patterns', () => {
  const patterns = commands.flatMap(([, command]) =>
    [...command.matchAll(/--filter-pattern '([^']+)'/g)].map(([, pattern]) => pattern!),
  );
  expect(patterns.length).toBeGreaterThan(3);
  const line = { unit: 'bento-broker.service', level: 'err', message: '[B-OM-006] text', instance: 'i-0123' };
  for (const pattern of patterns) expect(typeof takes(pattern, line)).toBe('boolean');
});

describeWith(['aws'], 'commands of the documents', () => {
  /** Services that were called. Nobody answers: what is well-formed gets as far as that. */
  let called: string[];
  let server: Server;
  let environment: Record<string, string>;
  const PATH = awsCliPath();
  const standIns = writeStandIns(`${temporaryFolder()}/bin`, { terraform: 'echo vol-0123456789abcdef0' });

  beforeAll(async () => {
    server = createServer((request) => {
      called.push(/Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '');
      request.socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    environment = {
      ...variables,
      PATH,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: 'AKIALOCAL',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_DEFAULT_REGION: 'us-west-2',
      AWS_MAX_ATTEMPTS: '1',
    };
  });
  afterAll(() => {
    server.close();
  });

  test.each(commands.filter(([, command]) => !onlyInVersion2.test(command)))(
    '%s: %s',
    async (_, command) => {
      called = [];
      // Profiles that documents name are nobody's here.
      const { stderr } = await bash(`set +e\n${command.replace(/\bAWS_PROFILE=\S+ +/g, '')}`, {
        env: environment,
        standIns,
      });
      expect([called.length > 0, stderr]).toEqual([true, expect.stringMatching(/Connection was closed|not connect/)]);
    },
    30_000,
  );

  test('a command that does not exist gets nowhere', async () => {
    called = [];
    const { code, stderr } = await bash(
      'aws autoscaling start-instance-refresh --auto-scaling-group-name prover-cluster-staging-manager --now',
      { env: environment },
    );
    expect([code === 0, stderr, called]).toEqual([false, expect.stringContaining('Unknown options: --now'), []]);
  }, 30_000);
});
