import tseslint from 'typescript-eslint';

const providerIndex =
  'The index of the AWS provider costs 15 s and 700 MB: import the class from its own file, @cdktf/provider-aws/lib/<resource>.';

export default tseslint.config(
  { ignores: ['node_modules/', 'cdktf.out/', '.build/'] },
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.mjs', 'cli/*.mjs'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: [
            { name: '@cdktf/provider-aws', message: providerIndex },
            { name: '@cdktf/provider-aws/lib', message: providerIndex },
            { name: '@cdktf/provider-aws/lib/index', message: providerIndex },
            { name: '@cdktf/provider-aws/lib/lazy-index', message: providerIndex },
          ],
        },
      ],
      '@typescript-eslint/no-restricted-types': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-floating-promises': 'error',
      eqeqeq: 'error',
    },
  },
  {
    // A test that finds nothing there fails just as well by the error that follows.
    files: ['__tests__/**'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  { files: ['**/*.mjs'], ...tseslint.configs.disableTypeChecked },
);
