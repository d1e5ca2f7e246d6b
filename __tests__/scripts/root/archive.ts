import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface Package {
  readonly name: string;
  readonly version?: string;
  readonly depends?: string;
  /** Files and their content; those in a folder `bin` can be run. */
  readonly files?: Readonly<Record<string, string>>;
  readonly postinst?: string;
}

const gpg = (home: string, ...args: readonly string[]): string =>
  execFileSync('gpg', ['--homedir', home, '--batch', '--quiet', '--pinentry-mode', 'loopback', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });

export interface SigningKey {
  readonly home: string;
  readonly fingerprint: string;
  readonly publicKey: string;
}

/** A key without a password, for tests only. */
export function signingKey(home: string): SigningKey {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  gpg(home, '--passphrase', '', '--quick-generate-key', 'archive@example.com', 'ed25519', 'sign', 'never');
  const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(gpg(home, '--list-keys', '--with-colons'))![1]!;
  return { home, fingerprint, publicKey: gpg(home, '--armor', '--export') };
}

/** Ends the agent that gpg leaves behind. */
export const endAgent = ({ home }: SigningKey): void => {
  execFileSync('gpgconf', ['--homedir', home, '--kill', 'all']);
};

const hashOf = (content: Buffer | string) => createHash('sha256').update(content).digest('hex');

/** Makes real packages and an index that apt accepts, signed, in one folder: `deb <address>/ /`. */
export function writeArchive(folder: string, packages: readonly Package[], key: SigningKey): void {
  const sources = path.join(folder, 'sources');
  const controls = packages.map(({ name, version = '1.0', depends, files = {}, postinst }) => {
    const root = path.join(sources, name + version.replaceAll(/[^\w.-]/g, '_'));
    const control = [
      `Package: ${name}`,
      `Version: ${version}`,
      'Architecture: all',
      'Maintainer: nobody <n@example.com>',
    ]
      .concat(depends === undefined ? [] : [`Depends: ${depends}`])
      .concat('Description: stands in for the real package', '')
      .join('\n');
    mkdirSync(path.join(root, 'DEBIAN'), { recursive: true });
    writeFileSync(path.join(root, 'DEBIAN/control'), control);
    if (postinst !== undefined)
      writeFileSync(path.join(root, 'DEBIAN/postinst'), `#!/bin/sh\nset -e\n${postinst}\n`, { mode: 0o755 });
    for (const [file, content] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
      writeFileSync(path.join(root, file), content, { mode: /\/s?bin\//.test(file) ? 0o755 : 0o644 });
    }
    return { root, control, file: `${path.basename(root)}.deb` };
  });
  execFileSync('bash', [
    ...['-euc', 'for root in "$@"; do dpkg-deb -Znone --root-owner-group --build "$root" "$root.deb" >/dev/null; done'],
    ...['bash', ...controls.map(({ root }) => root)],
  ]);
  const index = controls.map(({ control, file }) => {
    const built = path.join(sources, file);
    const { size } = statSync(built);
    return `${control}Filename: sources/${file}\nSize: ${size}\nSHA256: ${hashOf(readFileSync(built))}\n`;
  });
  const text = index.join('\n');
  writeFileSync(path.join(folder, 'Packages'), text);
  const release = `Suite: stable\nDate: ${new Date().toUTCString()}\nSHA256:\n ${hashOf(text)} ${Buffer.byteLength(text)} Packages\n`;
  writeFileSync(path.join(folder, 'Release'), release);
  gpg(key.home, '--yes', '--passphrase', '', '--clearsign', '--output', `${folder}/InRelease`, `${folder}/Release`);
}
