import { runProgram } from '../cli/common/program';

/** What only tests, the rehearsal and benchmarks use. */
void runProgram(
  'npm run --silent lab --',
  {
    bench: async () => (await import('./bench/cli')).benchCommand,
    cdktn: async () => (await import('./cdktn/cli')).cdktnCommand,
    check: async () => (await import('./check/cli')).checkCommand,
    python: async () => (await import('./check/python')).pythonCommand,
    rehearse: async () => (await import('./rehearse/cli')).rehearseCommand,
    words: async () => (await import('./words/cli')).wordsCommand,
  },
  process.argv.slice(2),
);
