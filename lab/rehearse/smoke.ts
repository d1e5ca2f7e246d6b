import { execFile } from 'node:child_process';
import path from 'node:path';
import { CreateDocumentCommand, SSMClient } from '@aws-sdk/client-ssm';
import { smokeDocument } from '../../config/names';
import { smokeCommands, type CommandState, type SmokeCommands } from '../../cli/delivery/smoke/command';
import type { LocalClientSettings } from '../local-aws';
import type { WrittenStack } from './stack';
import type { BentoApi } from './stand-ins/bento-api';

/** Makes the document of the smoke test as the account's stack has it. */
export async function deploySmokeDocument(
  client: LocalClientSettings,
  environment: string,
  stack: WrittenStack,
): Promise<void> {
  await new SSMClient(client).send(
    new CreateDocumentCommand({
      Name: smokeDocument(environment),
      Content: stack.text('aws_ssm_document', 'SmokeDocument', 'content'),
      DocumentType: 'Command',
      DocumentFormat: 'JSON',
    }),
  );
}

/**
 * Run Command on a local AWS, which takes commands and runs none: this process plays the manager, with the real program of
 * the image, and stand-ins for Bento's client and API.
 */
export function localSmokeCommands(environment: string, client: LocalClientSettings, api: BentoApi): SmokeCommands {
  const ended = new Map<string, Promise<CommandState>>();
  const real = smokeCommands(environment, client);
  return {
    async send(instanceId) {
      const commandId = await real.send(instanceId);
      ended.set(commandId, runProgram(api));
      return commandId;
    },
    async look(commandId) {
      const state = await ended.get(commandId);
      if (state === undefined) throw new Error(`there is no command ${commandId}`);
      return state;
    },
  };
}

const runProgram = (api: BentoApi): Promise<CommandState> =>
  new Promise((resolve) => {
    execFile(
      'python3',
      ['-B', path.join('scripts', 'boot', 'smoke.py'), 'groth16'],
      {
        env: {
          ...process.env,
          SMOKE_API: api.address,
          SMOKE_CLI: path.resolve('lab', 'rehearse', 'stand-ins', 'bento-cli'),
          SMOKE_LIMIT_S: '60',
        },
      },
      (error, _, log) => {
        const succeeded = error === null;
        // The journal takes the severity off each line.
        const output = log.replaceAll(/^<\d>/gm, '');
        resolve({ status: succeeded ? 'Success' : 'Failed', ended: true, succeeded, output });
      },
    );
  });
