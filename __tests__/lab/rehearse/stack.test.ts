import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { resolveReferences, synthesize } from '../../../lab/rehearse/stack';

const work = mkdtempSync(path.join(tmpdir(), 'rehearse-'));
afterAll(() => {
  rmSync(work, { recursive: true });
});

describe('references', () => {
  const values = new Map([[/^aws_kms_key\.ImageKey_\w+\.arn$/, 'arn:of:key']]);

  test('get their values, within a text too', () => {
    expect(resolveReferences('${aws_kms_key.ImageKey_1FEC5C7A.arn}', values)).toBe('arn:of:key');
    expect(resolveReferences('<${aws_kms_key.ImageKey_1FEC5C7A.arn}>', values)).toBe('<arn:of:key>');
    expect(resolveReferences('plain', values)).toBe('plain');
  });

  test('without a value are an error: no setting reaches the Lambda unresolved', () => {
    expect(() => resolveReferences('${aws_kms_key.Other_1.arn}', values)).toThrow(
      'no value for ${aws_kms_key.Other_1.arn}',
    );
  });
});

describe('a written stack', () => {
  test('is read from the files that the app wrote', async () => {
    const stacks = await synthesize(path.join(work, 'cdktf.out'));
    const ops = stacks.get('ops');
    expect(ops?.text('aws_cloudwatch_event_rule', 'Sharing_Rule', 'name')).toBe('packer-ami-sharing');
    expect(() => ops?.resource('aws_cloudwatch_event_rule', 'Gone')).toThrow(
      'ops has 0 aws_cloudwatch_event_rule.Gone*, not one',
    );
    expect(() => ops?.text('aws_lambda_function', 'Sharing_Function', 'timeout')).toThrow('timeout is no text');
  });
});
