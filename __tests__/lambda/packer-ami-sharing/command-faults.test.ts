import { functionEnvironment } from '../../support/function-environment';
import { MemoryAws, type MemoryImage } from './memory-aws';
import { ec2Error, environment } from './support';

const [staging, production, stranger] = ['222222222222', '333333333333', '999999999999'] as const;
const both = [staging, production];

const ofLaunchChain = /^(?:AssumeRole|GetRole|GetAllowedImagesSettings)$/;

/** What a command starts from, does, and must have reached in the end. */
interface Scenario {
  readonly command: (images: Images) => object;
  readonly prepare: (images: Images, aws: MemoryAws) => void;
  readonly expectDone: (images: Images, aws: MemoryAws) => void;
}
interface Images {
  readonly older: MemoryImage;
  readonly newer: MemoryImage;
}

const latest = (aws: MemoryAws) => both.map((account) => aws.pointer(account, 'manager'));

const scenarios: Readonly<Record<string, Scenario>> = {
  reconcile: {
    command: () => ({ command: 'reconcile' }),
    prepare: ({ older, newer }, aws) => {
      newer.permissions.delete(staging);
      newer.permissions.add(stranger).add('all');
      aws.point(production, 'manager', 'latest', older);
      older.tags.set('Withdrawn', 'cut short');
    },
    expectDone: ({ older, newer }, aws) => {
      expect([...newer.permissions].sort()).toEqual(both);
      expect(latest(aws)).toEqual([newer.id, newer.id]);
      expect(older.deprecation).toBeDefined();
    },
  },
  withdraw: {
    command: ({ newer }) => ({ command: 'withdraw', imageId: newer.id, reason: 'bad' }),
    prepare: () => undefined,
    expectDone: ({ older, newer }, aws) => {
      expect(newer.deprecation).toBeDefined();
      expect(newer.tags.get('Withdrawn')).toBe('bad');
      expect(latest(aws)).toEqual([older.id, older.id]);
      expect(aws.events.map(({ type }) => type)).toContain('AMI Withdrawn');
    },
  },
  pin: {
    command: ({ older }) => ({ command: 'pin', accountId: production, imageId: older.id }),
    prepare: () => undefined,
    expectDone: ({ older, newer }, aws) => {
      expect(latest(aws)).toEqual([newer.id, older.id]);
      expect(aws.pointer(production, 'manager', 'pinned')).toBe(older.id);
    },
  },
};

functionEnvironment(() => environment(both));

/** Runs a command whose calls are all refused from one on, and then the whole of it, where it was cut short. */
async function round({ command, prepare, expectDone }: Scenario, first = Infinity) {
  const aws = new MemoryAws();
  const images = { older: aws.shared('manager', both), newer: aws.shared('manager', both) };
  prepare(images, aws);
  const actions: string[] = [];
  aws.before = ({ action }) => {
    if (actions.push(action) > first) throw ec2Error('UnauthorizedOperation');
  };
  const invoke = () =>
    aws.invoke(command(images)).then(
      (result: unknown) => ({ result, error: undefined }),
      (error: unknown) => ({ result: undefined, error }),
    );
  const { result, error } = await invoke();
  aws.before = () => undefined;
  if (first < Infinity) expect((await invoke()).error).toBeUndefined();
  expectDone(images, aws);
  return { result, error, actions };
}

test.each(Object.entries(scenarios))(
  '%s that is cut short between any two calls: the next one does the rest',
  async (_, scenario) => {
    // The first round is not cut short, and counts the calls.
    const { actions: uncut } = await round(scenario);
    expect(uncut.length).toBeGreaterThan(10);
    for (let first = 0; first < uncut.length; first += 1) {
      const { result, error, actions } = await round(scenario, first);
      if (error !== undefined) continue;
      // What only the check of the launch chain could not read is reported as a problem of the account, and is no error.
      const refused = actions.slice(first).filter((action) => !ofLaunchChain.test(action));
      expect([first, refused]).toEqual([first, []]);
      expect(JSON.stringify(result)).toContain("can't be asked");
    }
  },
);
