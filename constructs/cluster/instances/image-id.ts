import { DataAwsSsmParameter } from '@cdktf/provider-aws/lib/data-aws-ssm-parameter';
import { TerraformVariable } from 'cdktf';
import { Construct } from 'constructs';
import { pointerName, type ImageKind } from '../../../config/names';

export interface ImageIdProps {
  /** Name of the Terraform variable, for example `manager_image_id`. */
  readonly variable: string;
  readonly image: ImageKind;
  /** Whether the `latest` pointer stands in when the variable is not set; without it the variable is required. */
  readonly followsLatest: boolean;
}

/**
 * Which image a launch template names. The id is read at plan time, so that the plan shows it and the template stays
 * literal: with `resolve:ssm:` in a template no rollout could be rolled back
 * (docs/facts/images.md#instance-refresh-rollback).
 */
export class ImageId extends Construct {
  readonly value: string;

  constructor(scope: Construct, id: string, { variable, image, followsLatest }: ImageIdProps) {
    super(scope, id);
    const given = new TerraformVariable(this, 'Variable', {
      type: 'string',
      description: followsLatest
        ? `Image of the ${image} instances, for example ami-0123456789abcdef0; the newest shared image when it is empty.`
        : `Image of the ${image} instances, for example ami-0123456789abcdef0: the one that staging validated.`,
      ...(followsLatest && { default: '' }),
      nullable: false,
      validation: [
        {
          condition: `\${can(regex("^(${followsLatest ? '|' : ''}ami-[0-9a-f]{8}([0-9a-f]{9})?)$", var.${variable}))}`,
          errorMessage: `${variable} must be an image id such as ami-0123456789abcdef0.`,
        },
      ],
    });
    given.overrideLogicalId(variable);
    this.value = followsLatest ? this.orLatest(variable, image) : given.stringValue;
  }

  private orLatest(variable: string, image: ImageKind): string {
    const pointer = new DataAwsSsmParameter(this, 'Latest', { name: pointerName(image, 'latest') });
    // Read only when it is needed: a deploy that names its images works before the first image was shared.
    pointer.addOverride('count', `\${var.${variable} == "" ? 1 : 0}`);
    // insecure_value: the plan must show the id, and `value` is always hidden as sensitive.
    const latest = `one(data.aws_ssm_parameter.${pointer.friendlyUniqueId}[*].insecure_value)`;
    return `\${coalesce(var.${variable}, ${latest})}`;
  }
}
