import tseslint from 'typescript-eslint';

// The second fence around the workflow sandbox (the first is workflows/tsconfig.json, the third is
// test/sandbox.test.ts): values only from @temporalio/workflow and ./, types also from a request.ts.
const sandbox = {
  patterns: [
    {
      regex: '^(?!@temporalio/workflow$|\\./|\\.\\./activities/[^/]+/request\\.ts$)',
      message: 'Workflow code may import values from @temporalio/workflow and ./ only.',
    },
    {
      regex: '/request\\.ts$',
      allowTypeImports: true,
      message: 'A request.ts holds zod schemas: workflow code may import its types only.',
    },
  ],
};

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', '*.js'] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'off',
      // Our objects are closures without a this.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
    },
  },
  {
    files: ['workflows/**/*.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', sandbox] },
  },
  {
    files: ['test/**/*.ts'],
    rules: { 'max-lines': 'off', '@typescript-eslint/no-unused-expressions': 'off' },
  },
);
