import type {
  AllowedImagesSettingsEnabledState,
  ImageCriterion,
  ReplaceImageCriteriaInAllowedImagesSettingsCommandInput,
} from '@aws-sdk/client-ec2';
import { NoSuchEntityException } from '@aws-sdk/client-iam';
import { launchGrantOperations } from '../../../../config/image-key';
import type { Answers } from './call';

const autoScaling = 'role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling';
const Statement = [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'kms:*', Resource: '*' }];

/** What lets Auto Scaling of accounts start instances. All links of it hold, until a test takes one away. */
export class LaunchChain {
  keyPolicy = JSON.stringify({ Statement });
  /** Whether an account has the role of Auto Scaling, and a grant for it. */
  isPrepared: (account: string) => boolean = () => true;
  readonly allowedImages = new Map<string, { state: AllowedImagesSettingsEnabledState; criteria: ImageCriterion[] }>();

  allowed(account: string) {
    const settings = this.allowedImages.get(account) ?? { state: 'disabled' as never, criteria: [] };
    this.allowedImages.set(account, settings);
    return settings;
  }
}

/** What EC2, IAM and KMS answer about it. */
export const launchAnswers: Answers = {
  GetAllowedImagesSettings: ({ launch }, { account }) => {
    const { state, criteria } = launch.allowed(account);
    return { State: state, ImageCriteria: criteria };
  },
  EnableAllowedImagesSettings: ({ launch }, { account, input }) => {
    launch.allowed(account).state = input['AllowedImagesSettingsState'] as AllowedImagesSettingsEnabledState;
    return {};
  },
  ReplaceImageCriteriaInAllowedImagesSettings: ({ launch }, { account, input }) => {
    const { ImageCriteria = [] } = input as ReplaceImageCriteriaInAllowedImagesSettingsCommandInput;
    // Criteria name what they allow as `ImageProviders`, in what is asked and in what is answered.
    launch.allowed(account).criteria = ImageCriteria;
    return {};
  },
  GetRole: ({ launch }, { account }) => {
    if (!launch.isPrepared(account)) throw new NoSuchEntityException({ message: autoScaling, $metadata: {} });
    return {};
  },
  GetKeyPolicy: ({ launch }) => ({ Policy: launch.keyPolicy }),
  DescribeKey: () => ({ KeyMetadata: { KeyState: 'Enabled', Enabled: true } }),
  ListGrants: (aws) => ({
    Grants: aws.accountIds
      .filter((id) => aws.launch.isPrepared(id))
      .map((id) => ({ GranteePrincipal: `arn:aws:iam::${id}:${autoScaling}`, Operations: launchGrantOperations })),
  }),
};
