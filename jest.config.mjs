process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
process.env.CHECKPOINT_DISABLE = '1';
delete process.env.TF_CLI_CONFIG_FILE;
// Terraform and Packer end before collecting their garbage as often as Go does would pay: a third of their time.
process.env.GOGC = '400';

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/.build/', '<rootDir>/cdktf.out/'],
  transform: {
    '\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' } }],
  },
  globalSetup: '<rootDir>/__tests__/support/global-setup.ts',
  globalTeardown: '<rootDir>/__tests__/support/global-teardown.ts',
  snapshotFormat: { escapeString: false, printBasicPrototype: false },
  // Jest leaves one core idle, which is half of a small instance.
  maxWorkers: '100%',
  testTimeout: 30_000,
};
