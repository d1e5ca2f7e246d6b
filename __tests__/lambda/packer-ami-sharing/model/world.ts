import { imageKinds, reconcilePositionName, type ImageKind } from '../../../../config/names';
import { standardPages, type Pages } from '../../../../lambda/packer-ami-sharing/run';
import { MemoryAws, type MemoryCall, type MemoryImage } from '../memory-aws';
import { ec2Error, environment, opsAccount } from '../support';

/** Accounts that can be configured. */
export const possibleAccounts = ['222222222222', '333333333333', '444444444444'] as const;

/** Two kinds, so that a few steps meet the same images; the function treats all alike. */
export const modelKinds = imageKinds.slice(0, 2);

/** An account that is never configured. */
export const strangeAccount = '999999999999';

/** What goes wrong while a function runs, at its n-th call of AWS. */
export type Fault =
  | { readonly what: 'nothing' }
  | { readonly what: 'crash before' | 'crash after' | 'throttling' | 'no time'; readonly call: number };

/** Something that the Lambda changed, and in which invocation. */
export interface Change {
  readonly invocation: number;
  readonly what: 'permissions' | 'private' | 'withdrawal';
  readonly imageId: string;
}

/** The factory's accounts in memory, with what was configured, changed and announced. */
export class World extends MemoryAws {
  readonly configured = new Set<string>(possibleAccounts.slice(0, 2));
  readonly withoutGrant = new Set<string>();
  /** Images whose permissions EC2 changes for no caller. */
  readonly stuck = new Set<string>();
  readonly changes: Change[] = [];
  readonly announced: { readonly invocation: number; readonly text: string }[] = [];
  /** What invocations reported as done together, and was not. */
  readonly falseReports: string[] = [];
  /** Invocations whose event bus was throttled. */
  readonly withoutBus = new Set<number>();
  private invocation = 0;

  /**
   * Two images of each kind that are where they should be: what comes next is seldom the first thing ever.
   *
   * @param pages how reconcile runs divide the images
   */
  constructor(private readonly pages: Pages = standardPages) {
    super();
    for (const kind of [...modelKinds, ...modelKinds]) this.shared(kind, [...this.configured]);
  }

  /** All images of the factory, oldest first; of one kind if there is one. */
  list(kind?: ImageKind): readonly MemoryImage[] {
    return [...this.images.values()].filter((image) => kind === undefined || image.kind === kind);
  }

  /**
   * Runs functions at once, their calls in an order that the seed decides. Each may fail: the schedule, or a person, calls
   * again later.
   */
  async run(
    inputs: readonly unknown[],
    fault: Fault = { what: 'nothing' },
    seed = 1,
  ): Promise<PromiseSettledResult<unknown>[]> {
    Object.assign(process.env, environment([...this.configured]));
    this.invocation += 1;
    let calls = 0;
    let state = seed;
    this.before = async ({ action }) => {
      calls += 1;
      const call = calls;
      // A linear congruential generator (Numerical Recipes): which call comes next is random, and the same in each run.
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      for (let turn = 0; turn < (inputs.length > 1 ? (state >>> 16) % 20 : 0); turn += 1) await Promise.resolve();
      if (fault.what === 'throttling' && call >= fault.call && call < fault.call + 4) {
        if (action === 'PutEvents') this.withoutBus.add(this.invocation);
        throw ec2Error('RequestLimitExceeded');
      }
    };
    let ended = 0;
    this.crashesAfter = () => {
      ended += 1;
      return fault.what === 'crash after' && ended === fault.call;
    };
    const secondsLeft = () => (fault.what === 'no time' && calls >= fault.call ? 100 : 900);
    const options = { pages: this.pages, secondsLeft };
    const results = await Promise.allSettled(inputs.map((input) => this.invoke(input, options)));
    this.before = () => undefined;
    this.crashesAfter = () => false;
    // Lambda repeats an event that failed; commands of people it does not.
    const failed = inputs.filter(
      (input, n) => results[n]?.status === 'rejected' && !Object.hasOwn(input as object, 'command'),
    );
    if (fault.what !== 'nothing') for (const input of failed) await this.run([input]);
    return results;
  }

  /** Whether the last reconcile run left images to the next one. */
  get isUnderWay(): boolean {
    return (this.account(opsAccount).parameters.get(reconcilePositionName) ?? 'newest') !== 'newest';
  }

  override answerTo(call: MemoryCall): unknown {
    const { action, input } = call;
    const [resource] = (input['Resources'] ?? []) as readonly string[];
    const imageId = String((input['ImageId'] as string | undefined) ?? resource);
    const image = this.images.get(imageId);
    if (action === 'ModifyImageAttribute' && this.stuck.has(imageId)) throw ec2Error('RequestLimitExceeded');
    const before = new Set(image?.permissions);
    const withdrawn = image?.tags.has('Withdrawn');
    const answer = super.answerTo(call);
    const change = (what: Change['what']) => this.changes.push({ invocation: this.invocation, what, imageId });
    if (image !== undefined && action === 'ModifyImageAttribute') {
      if (before.has('all') && !image.permissions.has('all')) change('private');
      if (before.size !== image.permissions.size || [...before].some((one) => !image.permissions.has(one)))
        change('permissions');
    }
    if (image?.tags.has('Withdrawn') === true && withdrawn === false) change('withdrawal');
    if (action === 'PutEvents')
      this.announced.push({ invocation: this.invocation, text: JSON.stringify(this.events.at(-1)) });
    if (action === 'ListGrants') {
      const { Grants } = answer as { readonly Grants: readonly { readonly GranteePrincipal: string }[] };
      return {
        Grants: Grants.filter(
          ({ GranteePrincipal }) => ![...this.withoutGrant].some((id) => GranteePrincipal.includes(id)),
        ),
      };
    }
    return answer;
  }
}
