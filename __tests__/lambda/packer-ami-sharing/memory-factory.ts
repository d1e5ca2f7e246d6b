import type { ImageKind } from '../../../config/names';
import type { Decide } from '../../../lab/local-aws/fault-proxy';
import { baseImage, baseImageOwner, Factory, type BuildOptions, type ClientClass, type ClientConfig } from './factory';
import { MemoryAws } from './memory-aws';
import { MemoryClients } from './memory/clients';
import { newImage } from './memory/image';
import { imageKeyArn, opsAccount } from './support';

/** A factory's accounts in memory, with the SDK's real clients. It answers as the local AWS does (`conformance.test.ts`). */
export class MemoryFactory extends Factory {
  readonly imageKeyArn = imageKeyArn;
  readonly aws = new MemoryAws();
  private readonly own = new MemoryClients(this.aws);
  private readonly prepared = new Set<string>();
  private readonly started = Date.now();

  /** @param keyPolicy of the image key; without one, everybody may do everything with it */
  constructor(keyPolicy?: string) {
    super();
    // As many as the local AWS gives at a time.
    this.aws.largestPage = 5;
    this.aws.images.set(baseImage, {
      ...newImage('manager', 0, imageKeyArn),
      id: baseImage,
      ownerId: baseImageOwner,
      tags: new Map(),
      permissions: new Set(['all']),
    });
    this.aws.launch.isPrepared = (account) => this.prepared.has(account);
    if (keyPolicy !== undefined) this.aws.launch.keyPolicy = keyPolicy;
  }

  protected clientOf<T extends object>(Client: ClientClass<T>, account: string): T {
    return this.own.client(Client, account);
  }

  watched(decide?: Decide, config?: ClientConfig) {
    const watched = new MemoryClients(this.aws, decide);
    const clients = watched.function(opsAccount, config);
    return Promise.resolve({ clients, calls: watched.calls, close: () => Promise.resolve() });
  }

  anotherKey(): Promise<string> {
    return Promise.resolve(imageKeyArn.replace(/[^/]+$/, '00000000-0000-0000-0000-000000000000'));
  }

  build(kind: ImageKind, { keyArn = imageKeyArn, encrypted = true, tags = {} }: BuildOptions = {}): Promise<string> {
    const image = this.aws.bake(kind);
    image.created = new Date(this.started + this.aws.images.size * 1000);
    image.keyArn = encrypted ? keyArn : undefined;
    image.tags.delete('BuildId');
    for (const [key, value] of Object.entries(tags)) image.tags.set(key, value);
    return Promise.resolve(image.id);
  }

  record(imageId: string): Promise<void> {
    return this.tag(imageId, { BuildId: this.aws.images.get(imageId)!.buildId });
  }

  prepareLaunch(account: string): Promise<void> {
    this.aws.account(account);
    this.prepared.add(account);
    return Promise.resolve();
  }

  announced() {
    return Promise.resolve(this.aws.events.splice(0));
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}
