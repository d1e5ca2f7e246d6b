import {
  GetCommandInvocationCommand,
  InvalidDocument,
  InvalidInstanceId,
  InvocationDoesNotExist,
  SendCommandCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { smokeDocument, stacks } from '../../../config/names';
import type { ClientSettings } from '../access';
import { DeliveryRefusedError } from '../problem';

/** How a command is: on its way, or ended. */
export interface CommandState {
  /** Systems Manager's own word, such as `InProgress` or `DeliveryTimedOut` ("GetCommandInvocation", StatusDetails). */
  readonly status: string;
  readonly ended: boolean;
  readonly succeeded: boolean;
  /** What it wrote, which is there once it has ended; Systems Manager keeps the first 24,000 characters. */
  readonly output: string;
}

/** Runs the smoke test of a cluster on one of its instances. */
export interface SmokeCommands {
  /** @returns the id of the command */
  send(instanceId: string): Promise<string>;
  look(commandId: string, instanceId: string): Promise<CommandState>;
}

/** For as long an instance may not have taken the command, in seconds: its agent then does not answer. */
const deliveryTimeoutSeconds = 120;

const running = ['Pending', 'InProgress', 'Delayed', 'Cancelling'];

/** By Run Command of Systems Manager, with the document that the account's stack made. */
export function smokeCommands(environment: string, client: ClientSettings): SmokeCommands {
  const ssm = new SSMClient(client);
  const DocumentName = smokeDocument(environment);
  return {
    async send(instanceId) {
      try {
        const { Command } = await ssm.send(
          new SendCommandCommand({
            DocumentName,
            InstanceIds: [instanceId],
            TimeoutSeconds: deliveryTimeoutSeconds,
            Comment: `Smoke test of ${stacks.cluster(environment)}`,
          }),
        );
        return Command?.CommandId ?? '';
      } catch (error) {
        throw explained(error, environment, instanceId);
      }
    },
    async look(CommandId, InstanceId) {
      try {
        const found = await ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId }));
        const status = found.Status ?? '?';
        return {
          status: (found.StatusDetails ?? '') === '' ? status : (found.StatusDetails ?? status).replaceAll(' ', ''),
          ended: !running.includes(status),
          succeeded: status === 'Success',
          output: [found.StandardOutputContent, found.StandardErrorContent].filter(Boolean).join('\n').trim(),
        };
      } catch (error) {
        // A command that was just sent is not known everywhere.
        if (error instanceof InvocationDoesNotExist)
          return { status: 'Pending', ended: false, succeeded: false, output: '' };
        throw error;
      }
    },
  };
}

function explained(error: unknown, environment: string, instanceId: string): unknown {
  if (error instanceof InvalidDocument)
    return new DeliveryRefusedError(
      `There is no document ${smokeDocument(environment)}, which runs the smoke test; deploy the stack ${environment} of this commit, ` +
        `or set smoke to null in config/${environment}.ts where the cluster makes no proofs.`,
      { cause: error },
    );
  if (error instanceof InvalidInstanceId)
    return new DeliveryRefusedError(
      `Systems Manager does not know ${instanceId}, or its agent does not answer: ${error.message}; look at ` +
        '`aws ssm describe-instance-information`, and at amazon-ssm-agent on the instance.',
      { cause: error },
    );
  if (error instanceof Error && error.name === 'AccessDeniedException')
    return new DeliveryRefusedError(
      `The smoke test may not be started on ${instanceId}: ${error.message}\n` +
        `Deploy the stack ${environment} of this commit: it gives the deployment role that right.`,
      { cause: error },
    );
  return error;
}
