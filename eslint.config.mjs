import tseslint from 'typescript-eslint';

const providerIndex =
  'The index of the AWS provider costs 15 s and 700 MB: import the class from its own file, @cdktf/provider-aws/lib/<resource>.';

/**
 * Which folders the code of a folder may not import: the graph of docs/architecture.md, "The folders", read from right to
 * left. A pattern is matched with the text of the import.
 */
const directions = {
  config: ['lambda', 'constructs', 'stacks', 'cli', 'lab'],
  lambda: ['constructs', 'stacks', 'cli', 'lab'],
  'constructs/base': ['constructs/factory', 'constructs/account', 'constructs/cluster', 'stacks', 'cli', 'lab'],
  'constructs/factory': ['account', 'cluster', 'stacks', 'cli', 'lab'],
  'constructs/cluster': ['account', 'factory', 'stacks', 'cli', 'lab'],
  'constructs/account': ['factory', 'stacks', 'cli', 'lab'],
  stacks: ['cli', 'lab'],
  cli: ['constructs', 'stacks', 'lab'],
};

const oneDirection = Object.entries(directions).map(([folder, later]) => ({
  files: [`${folder}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            group: later.map((name) => `../**/${name.split('/').at(-1)}/**`),
            message: `${folder} does not depend on this folder (docs/architecture.md, "The folders").`,
          },
        ],
      },
    ],
  },
}));

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
  ...oneDirection,
  { files: ['**/*.mjs'], ...tseslint.configs.disableTypeChecked },
);
