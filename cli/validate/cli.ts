import { cp, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { command, noArguments } from '../common/command';
import { isDownloadFailure } from '../terraform/provider';
import { NoTerraformError, terraform, terraformBinary, terraformVersion } from '../terraform/run';

const usage = `usage: make validate

Runs \`terraform init -backend=false\` and \`terraform validate\` for every stack in cdktf.out (make synth writes it).
Where the AWS provider cannot be downloaded, set TF_REATTACH_PROVIDERS to a provider that is running already.
TERRAFORM_BINARY_NAME=tofu takes OpenTofu.

exit codes: 0 all valid, 1 not, 2 wrong usage, 3 not checked: there is no Terraform, or its provider cannot be downloaded`;

const synthesized = 'cdktf.out';
/** Terraform leaves its own files beside the stack; in a copy, `cdktf.out` stays what synthesis wrote. */
const workDirectory = path.join('.build', 'validate');

interface Manifest {
  readonly stacks: Readonly<Record<string, { readonly name: string; readonly synthesizedStackPath: string }>>;
}

interface Result {
  readonly is: 'valid' | 'invalid' | 'no provider';
  readonly output: string;
}

async function validate(name: string, stackDirectory: string): Promise<Result> {
  const directory = path.join(workDirectory, name);
  await rm(directory, { recursive: true, force: true });
  await cp(stackDirectory, directory, { recursive: true });
  const init = await terraform(directory, ['init', '-backend=false', '-no-color']);
  const { code, output } = init.code === 0 ? await terraform(directory, ['validate', '-no-color']) : init;
  return { is: code === 0 ? 'valid' : isDownloadFailure(init.output) ? 'no provider' : 'invalid', output };
}

async function run(): Promise<number> {
  const manifest = await readFile(path.join(synthesized, 'manifest.json'), 'utf8').catch(() => undefined);
  if (manifest === undefined) {
    console.error(`There is no ${synthesized}/manifest.json; run \`make synth\` first.`);
    return 1;
  }
  const { stacks } = JSON.parse(manifest) as Manifest;
  let invalid = false;
  const waiting = Object.values(stacks);
  const notChecked = (reason: string): void => {
    console.error(`not checked  ${waiting.map((stack) => stack.name).join(', ')}\n${reason}`);
  };
  try {
    console.log(`${terraformBinary()} ${await terraformVersion()}`);
  } catch (error) {
    if (!(error instanceof NoTerraformError)) throw error;
    notChecked(error.message);
    return 3;
  }
  for (const { name, synthesizedStackPath } of [...waiting]) {
    const { is, output } = await validate(name, path.dirname(path.join(synthesized, synthesizedStackPath)));
    if (is === 'no provider') {
      // No other stack would have it either; what is not checked is not invalid.
      notChecked(output);
      return invalid ? 1 : 3;
    }
    waiting.shift();
    if (is === 'valid') console.log(`valid    ${name}`);
    else console.error(`invalid  ${name}\n${output}`);
    invalid ||= is === 'invalid';
  }
  return invalid ? 1 : 0;
}

export const validateCommand = command({
  summary: 'validate every stack with Terraform',
  usage,
  parse: noArguments,
  run,
});
