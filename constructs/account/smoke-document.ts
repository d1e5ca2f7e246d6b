import { SsmDocument } from '@cdktf/provider-aws/lib/ssm-document';
import { Construct } from 'constructs';
import { paths, smokeLimitMinutes } from '../../config/contract';
import { smokeDocument, type SmokeProof } from '../../config/names';
import { AccountStack } from '../base/account-stack';

export interface SmokeDocumentProps {
  /** What the smoke test makes. */
  readonly proof: SmokeProof;
}

const program = `${paths.programs}/smoke.sh`;

/** After this many seconds Systems Manager ends the command; the test gives up by itself before. */
const limitSeconds = (smokeLimitMinutes + 10) * 60;

/**
 * The document of Systems Manager that runs the smoke test on a manager. It takes no parameters, so a caller who may send it
 * can run this and nothing else; the commands are run by root, and start a unit with a user of its own. It belongs to the
 * account, where no deployment of the cluster can change it.
 */
export class SmokeDocument extends Construct {
  constructor(scope: Construct, id: string, { proof }: SmokeDocumentProps) {
    super(scope, id);
    const { environment } = AccountStack.of(this).account;
    const commands = [
      `if [ ! -x ${program} ]; then`,
      `  echo 'the image of this instance has no smoke test: ${program} is missing' >&2`,
      '  exit 3',
      'fi',
      `exec ${program} ${proof}`,
    ];
    new SsmDocument(this, 'Resource', {
      name: smokeDocument(environment),
      documentType: 'Command',
      documentFormat: 'JSON',
      targetType: '/AWS::EC2::Instance',
      content: JSON.stringify({
        schemaVersion: '2.2',
        description: 'Makes one small proof through the API of the cluster',
        mainSteps: [
          {
            action: 'aws:runShellScript',
            name: 'smoke',
            inputs: { timeoutSeconds: String(limitSeconds), runCommand: commands },
          },
        ],
      }),
    });
  }
}
