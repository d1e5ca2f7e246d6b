/**
 * What a volume needs of the key that encrypts it, as actions of the key's policy (docs/facts/images.md#key-policy).
 * The image key's policy gives them, and the pre-flight looks for them.
 */
export const volumeKeyActions = [
  'kms:Encrypt',
  'kms:Decrypt',
  'kms:ReEncrypt*',
  'kms:GenerateDataKey*',
  'kms:DescribeKey',
] as const;

/**
 * The same as operations of the grant to the role that Auto Scaling launches with
 * (docs/facts/images.md#grant-to-auto-scaling).
 */
export const launchGrantOperations = [
  'CreateGrant',
  'Decrypt',
  'DescribeKey',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
] as const;
