import { GetBucketPolicyCommand, PutBucketPolicyCommand, type S3Client } from '@aws-sdk/client-s3';
import {
  denyPlainText,
  sameStatement,
  statementsOf,
  tlsOnlySid,
  withStatement,
  type PolicyDocument,
} from './bucket-policy';
import { found, type Owned } from './owned-bucket';
import { absent, type Setting } from './setting';

/** The policy of the bucket, where it has one. */
export async function bucketPolicy(s3: S3Client, owned: Owned): Promise<PolicyDocument | undefined> {
  const answer = await found(s3.send(new GetBucketPolicyCommand(owned)), 'NoSuchBucketPolicy');
  return answer?.Policy === undefined ? undefined : (JSON.parse(answer.Policy) as PolicyDocument);
}

/** Other statements that an operator added stay: this one only takes away. */
export function tlsOnly(s3: S3Client, owned: Owned): Setting {
  const statement = denyPlainText(owned.Bucket);
  return {
    name: 'policy',
    desired: 'TLS only',
    async current() {
      const own = statementsOf(await bucketPolicy(s3, owned)).find(({ Sid }) => Sid === tlsOnlySid);
      if (own === undefined) return absent;
      return sameStatement(own, statement) ? 'TLS only' : 'altered';
    },
    async apply() {
      const Policy = JSON.stringify(withStatement(await bucketPolicy(s3, owned), statement));
      await s3.send(new PutBucketPolicyCommand({ ...owned, Policy }));
    },
  };
}
