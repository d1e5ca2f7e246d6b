import { describeWith } from '../../support/tools';
import { answers, pythonPackages } from './python';

type Attachment = readonly [instance: string, state: string];

/**
 * Takes the volume from an EC2 that lists these attachments, one after the other, and answers to attach with these
 * codes.
 */
async function attach(listed: readonly (Attachment | null)[], codes: readonly (string | null)[] = [], withinS = 60) {
  const { answers: given, log } = await answers(
    `
import time
from botocore.exceptions import ClientError
from bento_boot import aws, volume
from bento_boot.identity import Instance
sleep = time.sleep
time.sleep = lambda seconds: sleep(seconds / 500)
volume.FREE_WITHIN_S = ${withinS}
def answer(given):
    listed, codes = given
    beats, calls = [], []
    class Ec2:
        def describe_volumes(self, VolumeIds):
            entry = listed.pop(0) if len(listed) > 1 else listed[0]
            return {"Volumes": [{"Attachments": [] if entry is None else [{"InstanceId": entry[0], "State": entry[1]}]}]}
        def attach_volume(self, **given):
            calls.append(given)
            code = codes.pop(0) if codes else None
            if code is not None:
                raise ClientError({"Error": {"Code": code, "Message": "refused"}}, "AttachVolume")
    aws.client = lambda *_: Ec2()
    volume.attach("vol-0", Instance("i-own", "us-west-2", "10.20.1.2", "eni-0", [], None), lambda: beats.append(1))
    return [len(calls), len(beats)]`,
    [[listed, codes]],
  );
  return { ...given[0]!, log };
}

describeWith(pythonPackages, 'the data volume on its way to an instance', () => {
  test.each<[string, readonly (Attachment | null)[], readonly (string | null)[], readonly [number, number]]>([
    ['is attached when nobody has it', [null], [], [1, 0]],
    ['is left when the instance has it', [['i-own', 'attached']], [], [0, 0]],
    ['is left when it is on its way here', [['i-own', 'attaching']], [], [0, 0]],
    [
      'is waited for when it is on its way off',
      [
        ['i-own', 'detaching'],
        ['i-own', 'detached'],
      ],
      [],
      [1, 1],
    ],
    [
      'is waited for when another instance has it',
      [['i-other', 'attached'], ['i-other', 'detaching'], null],
      [],
      [1, 2],
    ],
    ['is tried again when another was faster', [null], ['VolumeInUse', 'IncorrectState', null], [3, 2]],
  ])('%s', async (_, listed, codes, [calls, beats]) => {
    expect((await attach(listed, codes)).value).toEqual([calls, beats]);
  });

  test('logs once which instance it waits for', async () => {
    const { log } = await attach([['i-other', 'attached'], ['i-other', 'attached'], ['i-other', 'attached'], null]);
    expect(log.match(/waiting for the data volume vol-0: it is still held by i-other/g)).toHaveLength(1);
  });

  test('that another instance keeps is a refusal that names the instance', async () => {
    expect((await attach([['i-other', 'attached']], [], 0.1)).refused).toMatch(
      /^the data volume vol-0 is not here after .* h: it is still held by i-other; see .* detach it by hand only once its broker has stopped/,
    );
  });

  test('that cannot come here is one at once', async () => {
    expect((await attach([null], ['InvalidVolume.ZoneMismatch'])).refused).toMatch(
      /the data volume vol-0 cannot be attached: .*InvalidVolume\.ZoneMismatch/,
    );
  });
});
