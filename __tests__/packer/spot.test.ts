import { DescribeInstancesCommand, DescribeLaunchTemplatesCommand } from '@aws-sdk/client-ec2';
import { describeWith, localAws } from '../support/tools';
import { hasPlugins, packerVersion } from '../../lab/local-bake/version';
import { ec2Answer, ec2Error, type Ec2Proxy } from './support/ec2-proxy';
import { realBuilds, toolsOfRealBuilds } from './support/real-builds';

jest.setTimeout(180_000);

describeWith([...toolsOfRealBuilds, localAws], 'a build on spot', () => {
  const { ops, build, id } = realBuilds();
  const fleet = 'fleet-84363b4e-9653-a982-8e10-0b208dca771b';
  const errors = (code: string, message: string) =>
    `<errorSet><item><errorCode>${code}</errorCode><errorMessage>${message}</errorMessage><lifecycle>spot</lifecycle></item></errorSet>`;
  /** EC2 as it answers when a fleet launches nothing; DescribeFleets returns the error's code. */
  const launchesNothing = (code: string, message: string, described = errors(code, message)) =>
    (({ action }) => {
      if (action === 'CreateFleet')
        return ec2Answer(action, `<fleetId>${fleet}</fleetId>${errors(code, message)}<fleetInstanceSet/>`);
      if (action === 'DescribeFleets')
        return ec2Answer(action, `<fleetSet><item><fleetId>${fleet}</fleetId>${described}</item></fleetSet>`);
      return undefined;
    }) satisfies Ec2Proxy['answer'];
  const withSpotRequest: Ec2Proxy['change'] = ({ action }, body) =>
    action === 'DescribeInstances'
      ? body.replaceAll('</instanceId>', '</instanceId><spotInstanceRequestId>sir-1a2b3c4d</spotInstanceRequestId>')
      : body;
  const onSpot = { SPOT: 'true', FORCE_BUILD: 'true' };
  /** What costs money or stays for ever: instances that run, and launch templates. */
  const left = async () => {
    const { Reservations = [] } = await ops.ec2.send(new DescribeInstancesCommand({}));
    const { LaunchTemplates = [] } = await ops.ec2.send(new DescribeLaunchTemplatesCommand({}));
    const instances = Reservations.flatMap(({ Instances = [] }) => Instances);
    return [
      ...instances.flatMap(({ InstanceId, State }) => (State?.Name === 'terminated' ? [] : [InstanceId])),
      ...LaunchTemplates.map(({ LaunchTemplateId }) => LaunchTemplateId),
    ];
  };
  const starts = () => ops.proxy.actions.filter((action) => ['CreateFleet', 'RunInstances'].includes(action));

  test('where there is capacity, bakes on spot alone', async () => {
    // The local AWS has no spot requests: the proxy answers that there is one, and that it was tagged.
    ops.proxy.change = withSpotRequest;
    ops.proxy.answer = ({ action, parameters }) =>
      action === 'CreateTags' && parameters.get('ResourceId.1') === 'sir-1a2b3c4d'
        ? ec2Answer(action, '<return>true</return>')
        : undefined;
    const ended = await build(onSpot);
    expect([ended.code, starts()]).toEqual([0, ['CreateFleet']]);
    expect(ended.artifacts).toEqual(['image.env', 'image.json', 'inputs.txt', 'manifest.json', 'packer.log']);
    expect(ended.read('manifest.json')).toContain(ended.exported['AMI_ID']);
  });

  test.each([
    [
      'no capacity, known by the message that Packer prints',
      // Not InsufficientInstanceCapacity, which the plugin asks for again for three minutes.
      launchesNothing('UnfulfillableCapacity', 'There is no Spot capacity available that matches your request.', ''),
      'There is no Spot capacity available that matches your request',
    ],
    [
      'no capacity, known by the code that the fleet keeps',
      launchesNothing('UnfulfillableCapacity', 'In other words than yesterday.'),
      'UnfulfillableCapacity',
    ],
    [
      'a price above the on-demand price',
      launchesNothing(
        'SpotMaxPriceTooLow',
        'Your Spot request price of 0.82 is lower than the minimum required Spot request fulfillment price of 0.83.',
      ),
      'lower than the minimum required Spot request fulfillment price',
    ],
    [
      'the quota of spot instances',
      (({ action }) =>
        action === 'CreateFleet'
          ? ec2Error('MaxSpotInstanceCountExceeded', 'Max spot instance count exceeded')
          : undefined) satisfies Ec2Proxy['answer'],
      /MaxSpotInstanceCountExceeded|unknown: the plugin crashed/,
    ],
  ])('where there is none, bakes on demand: %s', async (_, answer, reason) => {
    ops.proxy.answer = answer;
    const ended = await build(onSpot);
    const [, stated] =
      /^bake: the bake on spot capacity failed \((.*)\); trying again on demand$/m.exec(ended.stderr) ?? [];
    expect(stated).toMatch(reason);
    expect([ended.code, ended.exported['REUSED']]).toEqual([0, 'false']);
    expect(new Set(starts())).toEqual(new Set(['CreateFleet', 'RunInstances']));
    expect(ended.artifacts).toContain('packer-spot.log');
    expect(ended.read('manifest.json')).toContain(ended.exported['AMI_ID']);
    expect(await left()).toEqual([]);
  });

  /** DescribeInstances returns a spot instance of the build that EC2 took back. */
  const stateReason =
    (code: string): Ec2Proxy['answer'] =>
    ({ action, parameters }) =>
      action === 'DescribeInstances' &&
      parameters.get('Filter.1.Value.1') === id() &&
      parameters.get('Filter.2.Name') === 'instance-lifecycle'
        ? ec2Answer(
            action,
            `<reservationSet><item><instancesSet><item><instanceId>i-0123456789abcdef0</instanceId><stateReason><code>${code}</code></stateReason></item></instancesSet></item></reservationSet>`,
          )
        : undefined;

  test('finds in the log why a fleet launched nothing, where EC2 no longer has the fleet', async () => {
    const fleets = launchesNothing(
      'UnfulfillableCapacity',
      'There is no Spot capacity available that matches your request.',
    );
    ops.proxy.answer = (call) =>
      call.action === 'DescribeFleets' ? ec2Error('InvalidFleetId.NotFound', 'It does not exist.') : fleets(call);
    const ended = await build(onSpot);
    expect(ended.stderr).toContain(`spot-failure: EC2 does not report why ${fleet} launched nothing`);
    expect([ended.code, starts().at(-1)]).toEqual([0, 'RunInstances']);
  });

  test('bakes on demand when EC2 takes the instance back', async () => {
    // The local AWS has no spot requests, which fails Packer once its instance runs, with an unclear error, or makes
    // its plugin crash, which leaves the instance.
    ops.proxy.answer = stateReason('Server.SpotInstanceTermination');
    const ended = await build(onSpot);
    expect(ended.stderr).toContain('the bake on spot capacity failed (Server.SpotInstanceTermination)');
    expect([ended.code, starts()]).toEqual([0, ['CreateFleet', 'RunInstances']]);
    expect(await left()).toEqual([]);
  });

  test('bakes on demand where the plugin crashes and the error code is lost; otherwise the refusal is final', async () => {
    ops.proxy.answer = ({ action }) =>
      action === 'CreateFleet'
        ? ec2Error('UnauthorizedOperation', 'You are not authorized to perform this operation.')
        : undefined;
    const ended = await build(onSpot);
    const crashes = hasPlugins(await packerVersion());
    expect([ended.code === 0, starts()]).toEqual([
      crashes,
      crashes ? ['CreateFleet', 'RunInstances'] : ['CreateFleet'],
    ]);
    expect(await left()).toEqual([]);
  });

  test.each([
    ['the instance ended for another reason', stateReason('Client.UserInitiatedShutdown')],
    [
      'the fleet could not be launched for another reason',
      launchesNothing('InvalidFleetConfiguration', 'Your requested instance type is not supported.'),
    ],
  ])('does not try again when %s', async (_, answer) => {
    // EC2 does not know the spot request, which fails Packer once its instance runs.
    ops.proxy.change = withSpotRequest;
    ops.proxy.answer = (call) =>
      call.action === 'CreateTags' && call.parameters.get('ResourceId.1') === 'sir-1a2b3c4d'
        ? ec2Error('InvalidSpotInstanceRequestID.NotFound', 'The spot instance request does not exist')
        : answer(call);
    const ended = await build({ ...onSpot, AMI_ID: 'ami-0fedcba9876543210', REUSED: 'true' });
    expect(ended.code).not.toBe(0);
    expect(starts()).toEqual(['CreateFleet']);
    expect(ended.exported).toEqual({
      IMAGE: 'manager',
      VERSION: 'v1.0.1',
      BROKER_VERSION: 'v1.0.0',
      INPUTS_HASH: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
    expect(ended.artifacts).toEqual(['inputs.txt', 'packer.log']);
  });

  test('on demand either, fails after one more try', async () => {
    const fleets = launchesNothing('UnfulfillableCapacity', 'None.');
    ops.proxy.answer = (call) =>
      call.action === 'RunInstances'
        ? ec2Error('InsufficientInstanceCapacity', 'We currently do not have sufficient c7a.4xlarge capacity.')
        : fleets(call);
    const ended = await build(onSpot);
    expect(ended.code).not.toBe(0);
    expect(starts().filter((action) => action === 'CreateFleet')).toHaveLength(1);
    expect(ended.exported).not.toHaveProperty('AMI_ID');
    expect(ended.artifacts).toEqual(['inputs.txt', 'packer-spot.log', 'packer.log']);
  });

  test('on demand is final where spot was not asked for', async () => {
    ops.proxy.answer = ({ action }) =>
      action === 'RunInstances' ? ec2Error('InsufficientInstanceCapacity', 'None.') : undefined;
    const ended = await build({ FORCE_BUILD: 'true' });
    expect([ended.code === 0, new Set(starts())]).toEqual([false, new Set(['RunInstances'])]);
  });
});
