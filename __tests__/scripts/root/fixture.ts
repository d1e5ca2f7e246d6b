import path from 'node:path';
import { describeWith, skipped } from '../../support/tools';
import { temporaryFolder } from '../support';
import { startBuilder, type Builder } from './builder';
import { refusal } from './chroot';
import { startUpstream, type Upstream } from './upstream';

const tools = ['unshare', 'nsenter', 'apt-get', 'dpkg-deb', 'gpg', 'systemctl', 'jq', 'curl', 'xz'];

export interface Instances {
  readonly upstream: Upstream;
  /** An instance of its own for a test; `sizeMib` is its disk. */
  start(sizeMib?: number): Promise<Builder>;
}

/** A `describe` whose tests bake for real, in roots that are thrown away, from a server on loopback. */
export function describeBake(name: string, tests: (instances: Instances) => void): void {
  const refused = refusal();
  const all = () => {
    const folder = temporaryFolder();
    const started: Builder[] = [];
    let upstream: Upstream | undefined;
    beforeAll(async () => {
      upstream = await startUpstream(folder, ['v1.0.0', 'v1.0.1', 'v1.2.1', 'v1.2.2']);
    });
    afterAll(async () => {
      await Promise.all(started.map((builder) => builder.close()));
      upstream?.close();
    });
    tests({
      get upstream() {
        if (upstream === undefined) throw new Error('the upstream starts with the tests');
        return upstream;
      },
      async start(sizeMib) {
        const builder = await startBuilder(path.join(folder, `root-${started.length}`), this.upstream, sizeMib);
        started.push(builder);
        return builder;
      },
    });
  };
  if (refused === undefined) describeWith(tools, name, all);
  else if (process.env['CI'] === 'true')
    test(`${name} needs a chroot`, () => {
      throw new Error(refused);
    });
  else skipped(name, refused, all);
}

export interface Release {
  readonly image: string;
  readonly version: string;
  readonly broker_version: string;
  readonly artifacts: readonly { name: string; version: string; url: string; sha256: string; verified: string }[];
}

export const releaseOf = (builder: Builder) => JSON.parse(builder.read('/etc/bento/release.json')) as Release;
