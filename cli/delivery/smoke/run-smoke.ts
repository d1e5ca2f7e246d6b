import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { instanceRoles, scalingGroup, smokeDocument, type InstanceRole, type SmokeProof } from '../../../config/names';
import type { ClientSettings } from '../access';
import { DeliveryRefusedError } from '../problem';
import { readGroup, type GroupState } from '../rollout/group';
import type { SmokeCommands } from './command';

export interface SmokeProps {
  readonly environment: string;
  readonly client: ClientSettings;
  /** What the configuration asks for; null for no smoke test. */
  readonly proof: SmokeProof | null;
  readonly commands: SmokeCommands;
  readonly report: (line: string) => void;
  readonly dryRun: boolean;
  /** How long the command may take, its delivery included. The document of Systems Manager ends it before. */
  readonly limitMinutes: number;
  readonly everySeconds: number;
  readonly sleep: (seconds: number) => Promise<unknown>;
}

/**
 * What came of a smoke test that did not fail, and the images that the groups ran from its start to its end. A group has
 * none where instances of another version were in service: any prover may have made the proof.
 */
export interface SmokeOutcome {
  readonly outcome: 'passed' | 'skipped' | 'would run';
  readonly images: Readonly<Record<InstanceRole, string | undefined>>;
}

/**
 * Has a manager of the cluster make one small proof, and follows it to its end. A cluster without provers, by its groups,
 * makes none: that is reported, and is no failure. Repeating it is safe: while one test runs on an instance, another
 * start there waits for the same.
 *
 * @throws DeliveryRefusedError where the proof is not made, or the time is over
 */
export async function runSmoke(props: SmokeProps): Promise<SmokeOutcome> {
  const { environment, client, proof, commands, report, dryRun } = props;
  const [autoScaling, ec2] = [new AutoScalingClient(client), new EC2Client(client)];
  const read = (role: InstanceRole) => readGroup(autoScaling, ec2, scalingGroup(environment, role));
  const readAll = async () => ({ manager: await read('manager'), prover: await read('prover') });
  const groups = await readAll();
  const images = imagesOf(groups);
  if (proof === null) {
    report(`smoke test skipped: smoke is null in config/${environment}.ts`);
    return { outcome: 'skipped', images };
  }
  const empty = instanceRoles.filter((role) => groups[role].desired === 0 && groups[role].instances.length === 0);
  if (empty.length > 0) {
    report(`smoke test skipped: ${empty.map((role) => groups[role].name).join(' and ')} wants no instances`);
    return { outcome: 'skipped', images };
  }
  const instanceId = inService(groups.manager);
  inService(groups.prover);
  if (dryRun) {
    report(`would send ${smokeDocument(environment)} (${proof}) to ${instanceId}`);
    return { outcome: 'would run', images };
  }
  const commandId = await commands.send(instanceId);
  report(`smoke test ${proof}: command ${commandId} on ${instanceId}`);
  await follow(props, commandId, instanceId);
  const after = imagesOf(await readAll());
  const proven = (role: InstanceRole) => (images[role] === after[role] ? images[role] : undefined);
  const tested = { manager: proven('manager'), prover: proven('prover') };
  for (const role of instanceRoles.filter((one) => tested[one] === undefined))
    report(`${groups[role].name} did not run one image all the time, so none is recorded as tested`);
  return { outcome: 'passed', images: tested };
}

function imagesOf(
  groups: Readonly<Record<InstanceRole, GroupState>>,
): Readonly<Record<InstanceRole, string | undefined>> {
  const imageOf = ({ instances, version, imageId }: GroupState) =>
    instances.every((instance) => !instance.inService || instance.version === version) ? imageId : undefined;
  return { manager: imageOf(groups.manager), prover: imageOf(groups.prover) };
}

/** @returns a healthy instance of a group */
function inService({ name, desired, instances }: GroupState): string {
  const found = instances.find((instance) => instance.inService && instance.healthy);
  if (found !== undefined) return found.id;
  throw new DeliveryRefusedError(
    `${name} wants ${desired} instances, and none is in service and healthy, so nothing can be proven; wait for the rollout, or start it.`,
  );
}

async function follow(props: SmokeProps, commandId: string, instanceId: string): Promise<void> {
  const { environment, commands, report, limitMinutes, everySeconds } = props;
  const perMinute = Math.max(1, Math.round(60 / everySeconds));
  const looks = Math.max(1, Math.ceil((limitMinutes * 60) / everySeconds));
  let status = '';
  for (let look = 0; look <= looks; look += 1) {
    if (look > 0) await props.sleep(everySeconds);
    const state = await commands.look(commandId, instanceId);
    if (state.status !== status || look % perMinute === 0)
      report(`smoke test: ${state.status}, after ${Math.round((look * everySeconds) / 6) / 10} minutes`);
    ({ status } = state);
    if (!state.ended) continue;
    state.output
      .split('\n')
      .filter(Boolean)
      .forEach((line) => {
        report(`  ${line}`);
      });
    if (state.succeeded) return;
    throw new DeliveryRefusedError(
      `The smoke test of ${environment} failed (${status}).\n${adviceOn(state.output, status, props, instanceId)}`,
    );
  }
  throw new DeliveryRefusedError(
    `The smoke test of ${environment} has not ended after ${limitMinutes} minutes (${status}).\n` +
      `Command ${commandId} on ${instanceId} goes on. See bento-smoke@.service in the manager's log, then: make smoke ENV=${environment}`,
  );
}

function adviceOn(output: string, status: string, { environment }: SmokeProps, instanceId: string): string {
  if (output.includes('has no smoke test'))
    return (
      `${instanceId} runs an image of before the smoke test. Deploy one that was baked from this commit; to validate the older ` +
      `image all the same, set smoke to null in config/${environment}.ts and deploy the stack ${environment}.`
    );
  if (/^(DeliveryTimedOut|Undeliverable|Terminated|InvalidPlatform|AccessDenied)$/.test(status))
    return (
      `${instanceId} did not take the command: its agent does not answer, or the instance has ended. ` +
      `Once a manager is in service: make smoke ENV=${environment}`
    );
  return (
    `The images are not validated. The log of bento-smoke@.service above names what failed; docs/runbook.md, "A smoke test that ` +
    `fails", has what to look at. Again: make smoke ENV=${environment}`
  );
}
