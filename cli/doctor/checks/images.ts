import { DescribeImagesCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { GetParameterCommand, ParameterNotFound, type SSMClient } from '@aws-sdk/client-ssm';
import { imageOfRole, instanceRoles, pointerName } from '../../../config/names';
import { failed, ok, unknown, type Check } from '../check';

/** Whether each pointer names an image of the ops account, as Parameter Store takes only for images that it can see. */
export function pointerChecks(ssm: SSMClient, ec2: EC2Client, opsAccountId: string): readonly Check[] {
  return instanceRoles.map((role) => {
    const name = pointerName(imageOfRole[role], 'latest');
    return {
      name: `parameter ${name}`,
      async run() {
        const parameter = await read(ssm, name);
        if (parameter === undefined) return unknown('it is not there', 'build an image in ops, then make reconcile');
        const { Value: id = '', DataType = '' } = parameter;
        if (DataType !== 'aws:ec2:image')
          return failed(`its data type is ${DataType}`, `delete ${name}, then make reconcile in ops`);
        const { Images: [image] = [] } = await ec2.send(
          new DescribeImagesCommand({ Filters: [{ Name: 'image-id', Values: [id] }], IncludeDeprecated: true }),
        );
        if (image === undefined) return failed(`this account does not see ${id}`, 'make reconcile, in ops');
        if (image.OwnerId !== opsAccountId)
          return failed(
            `${id} is owned by ${image.OwnerId ?? 'no one'}, not ${opsAccountId}`,
            'make reconcile, in ops',
          );
        return image.State === 'available'
          ? ok(`${id}, ${image.Name ?? ''}`)
          : failed(`${id} is ${image.State ?? 'of no state'}`, 'enable it in ops, or make reconcile there');
      },
    };
  });
}

async function read(ssm: SSMClient, Name: string) {
  try {
    return (await ssm.send(new GetParameterCommand({ Name }))).Parameter;
  } catch (error) {
    if (error instanceof ParameterNotFound) return undefined;
    throw error;
  }
}
