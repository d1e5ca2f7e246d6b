import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { endAgent, signingKey, writeArchive, type SigningKey } from './archive';
import { nvidiaPackages, ubuntuPackages, vectorPackages } from './packages';
import { agentHelp, apiHelp, brokerHelp, cliHelp } from './programs';

export const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');

/** What a server can do instead of answering. */
export type Fault = (response: ServerResponse, body: Buffer) => void;

export const faults = {
  notFound: (response) => response.writeHead(404).end('not here'),
  truncated: (response, body) => {
    response.writeHead(200, { 'content-length': body.length });
    response.write(body.subarray(0, body.length >> 1), () => response.destroy());
  },
  altered: (response, body) => response.end(Buffer.concat([body, Buffer.from('x')])),
  unreachable: (response) => response.destroy(),
  slow: (response, body) => {
    response.writeHead(200, { 'content-length': body.length });
    response.write(body.subarray(0, 1));
  },
  broken: (response) => response.writeHead(503).end(),
} satisfies Record<string, Fault>;

/** Stands for everything that a bake downloads from: package archives, releases, keys, archives of proving keys. */
export interface Upstream {
  readonly address: string;
  readonly keys: { readonly archive: SigningKey; readonly other: SigningKey };
  /** Paths that were asked for, in order. */
  readonly requests: string[];
  /** Files by their path; a test may change them. */
  readonly files: Map<string, Buffer>;
  /** What is answered to the requests for a path from now on. */
  readonly faults: Map<string, Fault>;
  close(): void;
}

/** A compressed archive of files, as the vendors make theirs. */
function archive(folder: string, flag: 'z' | 'J', top: string, files: Readonly<Record<string, string>>): Buffer {
  const root = path.join(folder, 'archive');
  rmSync(root, { recursive: true, force: true });
  mkdirSync(path.join(root, top), { recursive: true });
  for (const [name, content] of Object.entries(files))
    writeFileSync(path.join(root, top, name), content, { mode: content.startsWith('#!') ? 0o755 : 0o600 });
  return execFileSync('tar', ['-c', `-${flag}`, '--owner=1000', '--group=1000', '-C', root, top]);
}

export const bundlePath = (version: string) => `/releases/bento-${version}/bento-bundle-linux-amd64.tar.gz`;
export const brokerPath = (version: string) => `/releases/broker-${version}/broker`;
export const zkey = 'the output of a ceremony';

const stark = { 'stark_verify_final.zkey': 'a proving key', 'stark_verify_graph.bin': 'a graph' };
/** What was computed from a proving key, so that each proof need not. */
const prepared = { 'preprocessed_coeffs.bin': 'coefficients', 'fuzzed_msm_results.bin': 'results' };

export async function startUpstream(folder: string, versions: readonly string[]): Promise<Upstream> {
  const keys = { archive: signingKey(path.join(folder, 'key')), other: signingKey(path.join(folder, 'other-key')) };
  const web = path.join(folder, 'web');
  for (const [name, packages] of Object.entries({
    ubuntu: ubuntuPackages,
    nvidia: nvidiaPackages,
    vector: vectorPackages,
  }))
    writeArchive(path.join(web, name), packages, keys.archive);

  const files = new Map<string, Buffer>([['/key.asc', Buffer.from(keys.archive.publicKey)]]);
  for (const version of versions) {
    const programs = { 'bento-agent': agentHelp(version), 'bento-rest-api': apiHelp, 'bento-cli': cliHelp };
    const bundle = archive(folder, 'z', 'bento-bundle', programs);
    files.set(bundlePath(version), bundle);
    files.set(`${bundlePath(version)}.sha256`, Buffer.from(`${sha256(bundle)}  bento-bundle-linux-amd64.tar.gz\n`));
    files.set(brokerPath(version), Buffer.from(brokerHelp));
    if (version >= 'v1.2.2') files.set(`${brokerPath(version)}.sha256`, Buffer.from(`${sha256(brokerHelp)}  broker\n`));
  }
  files.set('/risc0-groth16', archive(folder, 'J', '.', { ...stark, ...prepared }));
  const blake3 = { 'verify_for_guest_final.zkey': zkey, 'verify_for_guest_graph.bin': 'a graph', ...prepared };
  files.set('/blake3.tar.xz', archive(folder, 'J', 'blake3_groth16_artifacts', blake3));

  const requests: string[] = [];
  const failing = new Map<string, Fault>();
  const server = createServer((request, response) => {
    const url = request.url ?? '';
    requests.push(url);
    const file = path.join(web, url);
    const body = files.get(url) ?? (existsSync(file) && statSync(file).isFile() ? readFileSync(file) : undefined);
    const fault = failing.get(url);
    if (fault !== undefined) fault(response, body ?? Buffer.alloc(0));
    else if (body === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-length': body.length }).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys,
    requests,
    files,
    faults: failing,
    close() {
      server.close();
      server.closeAllConnections();
      Object.values(keys).forEach(endAgent);
    },
  };
}
