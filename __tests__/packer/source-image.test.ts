import path from 'node:path';
import { bodies } from '../../lab/local-bake/json';
import { readTemplates, sourceBodies } from '../../lab/local-bake/templates';
import { run } from '../scripts/support';
import { describeWith, localAws } from '../support/tools';
import { opsAccount, sourceImage } from './support/ops-account';

jest.setTimeout(60_000);

describeWith(['aws', localAws], 'the source image', () => {
  const ops = opsAccount();
  const script = (env: Readonly<Record<string, string>> = {}) =>
    run(path.resolve('packer/build/source-image.sh'), [], { env: { ...ops.environment, ...env } });

  test('is filtered as in the template', async () => {
    const [source] = sourceBodies((await readTemplates()).get('source.pkr.hcl')!);
    const [filter] = bodies(source!['source_ami_filter']);
    let asked: Record<string, string> = {};
    ops.proxy.answer = ({ parameters }) => {
      asked = Object.fromEntries(parameters);
      return undefined;
    };
    expect(await script()).toMatchObject({ code: 0, stdout: `export SOURCE_AMI=${sourceImage}\n` });
    const numbers = [1, 2, 3, 4, 5];
    const filters = numbers.map((number) => [asked[`Filter.${number}.Name`], asked[`Filter.${number}.Value.1`]]);
    const expected = { ...(filter!['filters'] as Record<string, string>), state: 'available' };
    expect(Object.fromEntries(filters)).toEqual(expected);
    expect([asked['Owner.1'], asked['Owner.2']]).toEqual([...(filter!['owners'] as string[]), undefined]);
  });

  test('is the newest', async () => {
    const item = (id: string, date: string) =>
      `<item><imageId>${id}</imageId><creationDate>${date}</creationDate></item>`;
    const items = [
      item('ami-0000000000000000a', '2026-03-01T00:00:00.000Z'),
      item('ami-0000000000000000c', '2026-03-02T00:00:00.000Z'),
      item('ami-0000000000000000b', '2026-03-02T00:00:00.000Z'),
    ];
    for (const order of [items, items.toReversed()]) {
      ops.proxy.answer = () => ({
        body: `<DescribeImagesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><imagesSet>${order.join('')}</imagesSet></DescribeImagesResponse>`,
      });
      expect(await script()).toMatchObject({
        code: 0,
        stdout: 'export SOURCE_AMI=ami-0000000000000000c\n',
      });
    }
  });

  test('that there is none of ends the build', async () => {
    ops.proxy.answer = () => ({
      body: '<DescribeImagesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><imagesSet/></DescribeImagesResponse>',
    });
    const { code, stdout, stderr } = await script();
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('source-image: Canonical has no image ubuntu/images/hvm-ssd-gp3/ubuntu-noble');
  });

  test('that EC2 does not list ends the build', async () => {
    const { code, stdout, stderr } = await script({
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      AWS_MAX_ATTEMPTS: '1',
    });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('source-image: EC2 does not list the images of Canonical');
  });
});
