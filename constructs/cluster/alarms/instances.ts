import { Construct } from 'constructs';
import { logLines, instanceRoles, type InstanceRole } from '../../../config/contract';
import { LogCount } from './log-count';
import { all, any, is, lacks, pattern, contains } from './patterns';
import type { AlarmsProps } from './props';

/** What `scripts/boot/configure.py` logs once for each boot that fails, whatever the reason. */
const { bootFailure } = logLines;

/**
 * What systemd logs of a unit. On the manager, of each end that was a failure. Agents of provers fail whenever the manager
 * changes, and come back: there, of a unit that it starts no more, which is after 20 minutes (`StartLimitBurst`).
 */
export const unitFailure: Readonly<Record<InstanceRole, string>> = {
  manager: ': Failed with result',
  prover: ': Start request repeated too quickly',
};

/**
 * Families of the agent's error codes, which it has from v1.1 on. Those of provers are about proving alone: the others are
 * about the manager's stores too.
 */
export const agentErrors: Readonly<Record<InstanceRole, readonly string[]>> = {
  manager: ['[BENTO-'],
  prover: ['PROVE', 'JOIN', 'JOINPOVW', 'UNION', 'RESOLVE', 'KECCAK', 'SNARK'].map((family) => `[BENTO-${family}-`),
};

/** How v1.0 prints that a task failed: the same message as later, without a code (docs/facts/log-patterns.md). */
const failureWithoutCode = `(${all(contains('Failure during task processing'), lacks('[BENTO-'))})`;

/** Every error of the driver is an Xid, but for a GPU that it cannot start (NVIDIA, "Xid Errors"). */
export const gpuFailures = ['NVRM: Xid', 'RmInitAdapter failed'] as const;

/** One failing instance makes such lines again and again: the time between them is no end of it. */
const minutes = 15;

const when = {
  services: { manager: { atLeast: 3, minutes }, prover: { atLeast: 1, minutes } },
  // The predecessor's alarm fired at 5; an agent repeats what failed three times.
  agents: { atLeast: 10, minutes: 30 },
  gpus: { atLeast: 1, minutes },
} as const;

/** What instances log. A group without instances logs nothing. */
export class Instances extends Construct {
  /** Of each role: instances that fail. */
  readonly alarms: Readonly<Record<InstanceRole, readonly LogCount[]>>;
  /** Of both: a task that fails on a prover is often one that the manager planned. */
  readonly agentErrors: readonly LogCount[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const { logGroupNames, thresholds } = props;
    // There is one manager; of many provers, one that fails is replaced and nobody has to know.
    const boots = { manager: 1, prover: thresholds.proverBootFailures };
    const ofRole = (role: InstanceRole): LogCount[] => [
      new LogCount(this, `${role}-boot-failures`, {
        alarm: `${role}-boot-failures`,
        description: `At least ${boots[role]} boots of ${role} instances failed within ${minutes} minutes.`,
        logGroupName: logGroupNames[role],
        pattern: pattern(
          all(is('unit', 'bento-configure.service'), is('level', 'err'), is('message', `${bootFailure}*`)),
        ),
        atLeast: boots[role],
        minutes,
      }),
      new LogCount(this, `${role}-services-failing`, {
        alarm: `${role}-services-failing`,
        description:
          role === 'manager'
            ? 'Services of the manager fail and restart repeatedly.'
            : 'A service of a prover failed for 20 minutes, and systemd does not restart it any more.',
        logGroupName: logGroupNames[role],
        pattern: pattern(all(is('unit', 'bento-*'), contains(unitFailure[role]))),
        ...when.services[role],
      }),
    ];
    this.alarms = {
      manager: ofRole('manager'),
      prover: [
        ...ofRole('prover'),
        new LogCount(this, 'gpu-failures', {
          alarm: 'prover-gpu-failures',
          description: 'The driver of a GPU reported an error (Xid), or could not start the GPU.',
          logGroupName: logGroupNames.prover,
          // The kernel's lines belong to no unit.
          pattern: pattern(all(is('unit', 'system'), any(...gpuFailures.map(contains)))),
          ...when.gpus,
        }),
      ],
    };
    this.agentErrors = instanceRoles.map(
      (role) =>
        new LogCount(this, `${role}-agent-errors`, {
          alarm: `${role}-agent-errors`,
          description: `At least ${when.agents.atLeast} errors of agents on ${role} instances within ${when.agents.minutes} minutes.`,
          logGroupName: logGroupNames[role],
          pattern: pattern(
            all(is('unit', 'bento-*'), contains('ERROR'), any(...agentErrors[role].map(contains), failureWithoutCode)),
          ),
          ...when.agents,
        }),
    );
  }
}
