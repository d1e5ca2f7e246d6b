import { withoutAws } from '../../../lab/common/without-aws';

test('nothing of an account is left, and everything else', () => {
  const environment: NodeJS.ProcessEnv = {
    PATH: '/bin',
    AWS_PROFILE: 'production',
    AWS_ACCESS_KEY_ID: 'AKIAREAL',
    AWS_ENDPOINT_URL_S3: 'https://s3.example.com',
    aws_session_token: 'real',
    AWS_CONFIG_FILE: '/home/me/.aws/config',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    NO_PROXY: 'example.com',
  };
  withoutAws(environment);
  expect(environment).toEqual({
    PATH: '/bin',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    NO_PROXY: 'example.com,127.0.0.1,localhost',
    no_proxy: '127.0.0.1,localhost',
  });
});

test('tests run without an account', () => {
  const left = Object.keys(process.env).filter((name) => name.startsWith('AWS_') && !name.startsWith('AWS_SDK_JS_'));
  expect(left.sort()).toEqual(['AWS_CONFIG_FILE', 'AWS_EC2_METADATA_DISABLED', 'AWS_SHARED_CREDENTIALS_FILE']);
});
