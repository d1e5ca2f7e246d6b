import { runProgram } from './common/program';

/** What operators and pipelines run. The targets of the Makefile and the scripts of package.json call it. */
void runProgram(
  './factory',
  {
    adopt: async () => (await import('./adopt/cli')).adoptCommand,
    bootstrap: async () => (await import('./bootstrap/cli')).bootstrapCommand,
    costs: async () => (await import('./costs/cli')).costsCommand,
    delivery: async () => (await import('./delivery/cli')).deliveryCommand,
    doctor: async () => (await import('./doctor/cli')).doctorCommand,
    environment: async () => (await import('./environment/cli')).environmentCommand,
    lock: async () => (await import('./lock/cli')).lockCommand,
    retirement: async () => (await import('./retirement/cli')).retirementCommand,
    secrets: async () => (await import('./secrets/cli')).secretsCommand,
    sharing: async () => (await import('./sharing/cli')).sharingCommand,
    validate: async () => (await import('./validate/cli')).validateCommand,
  },
  process.argv.slice(2),
);
