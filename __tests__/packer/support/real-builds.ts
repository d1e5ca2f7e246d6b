import { cpSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { roles } from '../../../config/names';
import { localServer, temporaryFolder } from '../../scripts/support';
import { identityPolicy, listOf } from '../../support/policies';
import { stackOf, synthesize } from '../../support/synthesized';
import { layOutCheckout, standInsOfBuild } from './checkout';
import { folderOfArtifacts, runBuild, tool, writeToolsLock, type EndedBuild } from './codebuild';
import type { BuildRecord } from './ec2-proxy';
import { opsAccount, type OpsAccount } from './ops-account';

export interface RealBuild extends EndedBuild {
  /** As CodeBuild calls it. */
  readonly id: string;
  /** Content of an artifact. */
  read(artifact: string): string;
}

export interface RealBuilds {
  readonly ops: OpsAccount;
  /** The id of the build that runs, or ran last. */
  readonly id: () => string;
  /**
   * Runs a build of the manager, v1.0.1, on demand unless `SPOT` is set.
   *
   * @throws Error where it calls something of EC2 that its role may not
   */
  readonly build: (env?: Readonly<Record<string, string>>) => Promise<RealBuild>;
  /** Kills every process of the build that runs, as the end of its container does: nothing can clean up. */
  readonly kill: () => void;
}

/** Programs and services that these builds need. */
export const toolsOfRealBuilds = ['packer', 'aws', 'jq', 'curl'] as const;

/**
 * Calls that the role does not need. Without Session Manager, which the local AWS has none of, Packer makes a rule for SSH;
 * and where a bake fails after CreateImage, it tries to deregister the image, which the role refuses on purpose.
 */
const onlyHere: readonly string[] = ['AuthorizeSecurityGroupIngress', 'DeregisterImage'];

let actions: readonly string[] | undefined;
const allowedActions = (): readonly string[] =>
  (actions ??= identityPolicy(stackOf(synthesize(), 'ops'), roles.packerBuild).flatMap(({ Action }) => listOf(Action)));

/** Builds with the real Packer in an ops account on a local AWS, for the tests of the file. */
export function realBuilds(): RealBuilds {
  const ops = opsAccount();
  const folder = temporaryFolder();
  const server = localServer();
  const bin = path.join(folder, 'bin');
  let builds = 0;
  const records = new Map<string, BuildRecord>();
  const id = () => `packer-build-project:${builds}`;

  beforeAll(async () => {
    server.answer = ({ url }) => (url === '/tool.deb' ? { body: tool } : { status: 404 });
    await standInsOfBuild(bin);
    await layOutCheckout(workOf(0), ops.proxy.endpoint);
  });
  beforeEach(() => {
    ops.proxy.record = (buildId) => records.get(buildId);
  });

  const workOf = (build: number) => path.join(folder, `checkout-${build}`);

  function processes(): number[] {
    const work = realpathSync(workOf(builds));
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => ignoringEnded(() => readlinkSync(`/proc/${pid}/cwd`).startsWith(work)));
  }

  // First all are stopped: a shell that outlived its program for a moment would run its EXIT trap.
  function kill(): void {
    for (const signal of ['SIGSTOP', 'SIGKILL'] as const)
      for (const pid of processes()) ignoringEnded(() => process.kill(pid, signal));
  }

  async function build(env: Readonly<Record<string, string>> = {}): Promise<RealBuild> {
    builds += 1;
    const work = workOf(builds);
    cpSync(workOf(0), work, { recursive: true });
    const ended = await runBuild(work, {
      standIns: bin,
      env: {
        ...ops.environment,
        TOOLS_LOCK: writeToolsLock(work, server.address),
        TOOLS_BIN: bin,
        TOOLS_CACHE: path.join(bin, 'cache'),
        IMAGE: 'manager',
        BOUNDLESS_VERSION: 'v1.0.1',
        BROKER_SHA256: 'a'.repeat(64),
        SPOT: 'false',
        IMAGE_KMS_ARN: ops.keyArn,
        CODEBUILD_BUILD_ID: id(),
        LEFTOVER_PAUSE: '0',
        FINISH_PAUSE: '0.1',
        // Once in a file.
        ...(builds > 1 && { PACKER_CHECKED: '1' }),
        ...env,
      },
    });
    records.set(id(), {
      id: id(),
      buildStatus: ended.code === 0 ? 'SUCCEEDED' : 'FAILED',
      exportedEnvironmentVariables: Object.entries(ended.exported).map(([name, value]) => ({ name, value })),
    });
    const refused = ops.proxy.actions.filter(
      (action) => !onlyHere.includes(action) && !allowedActions().includes(`ec2:${action}`),
    );
    if (refused.length > 0) throw new Error(`${roles.packerBuild} may not ${refused.join(', ')}`);
    return {
      ...ended,
      id: id(),
      read: (artifact) => readFileSync(path.join(work, folderOfArtifacts, artifact), 'utf8'),
    };
  }

  return { ops, id, build, kill };
}

/** What an action on a process gives; undefined where the process ended by itself, or belongs to another user. */
function ignoringEnded<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (!['ENOENT', 'ESRCH', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return undefined;
  }
}
