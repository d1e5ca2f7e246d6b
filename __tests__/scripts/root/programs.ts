// Programs of a release, as far as the bake runs them: what they print for --help.
const program = (help: string) => `#!/bin/sh\n[ "$1" = --help ] || exit 2\ncat <<'HELP'\n${help}HELP\n`;

const option = (flags: string, variable?: string) =>
  `      ${flags} <VALUE>\n          something${variable === undefined ? '' : ` [env: ${variable}=]`}\n`;
const position = (variable: string) => `  [${variable}]\n          something [env: ${variable}=]\n`;

const stores = ['DATABASE_URL', 'S3_BUCKET', 'S3_ACCESS_KEY', 'S3_SECRET_KEY', 'S3_URL'].map(position).join('');

/** Before v1.1 an agent reads only the addresses of its stores from the environment. */
export const agentHelp = (version: string): string => {
  const of = (variable: string) => (version >= 'v1.1' ? variable : undefined);
  return program(
    stores +
      position('REDIS_URL') +
      option('-t, --task-stream', of('TASK_STREAM')) +
      option('    --redis-ttl', of('REDIS_TTL')) +
      option('-s, --segment-po2', of('SEGMENT_PO2')) +
      ['--monitor-requeue', '--db-max-connections', '--finalize-retries', '--finalize-timeout', '--join-retries']
        .concat(['--join-timeout', '--prove-retries', '--prove-timeout', '--resolve-retries', '--resolve-timeout'])
        .concat(['--snark-timeout', '--snark-retries', '--exec-cycle-limit', '--poll-time'])
        .map((flag) => option(`    ${flag}`))
        .join(''),
  );
};
export const apiHelp = program(
  stores +
    ['--bind-addr', '--snark-timeout', '--snark-retries', '--exec-timeout', '--db-max-connections']
      .map((flag) => option(flag))
      .join(''),
);
export const cliHelp = program(option('-c, --iter-count') + option('-t, --endpoint'));
export const brokerHelp = program(
  option('-s, --db-url', 'DB_URL') +
    ['--config-file', '--bento-api-url', '--rpc-url', '--log-json'].map((flag) => option(flag)).join(''),
);
