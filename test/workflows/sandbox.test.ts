import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { ESLint } from 'eslint';

const root = fileURLToPath(new URL('../../../', import.meta.url));

describe('The workflow sandbox', function () {
  this.timeout(60_000);

  describe('as it is bundled for the worker', () => {
    let modules: string[];
    let code: string;
    const complaints: string[] = [];
    before(async () => {
      const quiet = () => undefined;
      const complain = (message: string) => void complaints.push(message);
      ({ code } = await bundleWorkflowCode({
        workflowsPath: fileURLToPath(new URL('../../workflows/index.js', import.meta.url)),
        logger: {
          ...{ log: quiet, trace: quiet, debug: quiet, info: quiet },
          ...{ warn: complain, error: complain },
        },
      }));
      modules = [...code.matchAll(/^\/\*\*\*\/ "([^"]+)"/gm)].map(([, path]) => path ?? '');
    });

    it('builds without a complaint', () => assert.deepEqual(complaints, []));

    it('holds our workflows and nothing else of ours', () => {
      const ours = modules.filter(
        (path) => path.includes('dist/') && !path.includes('node_modules/'),
      );
      assert.ok(ours.some((path) => path.endsWith('workflows/tencent-postgres-clone.js')));
      assert.deepEqual(
        ours.filter((path) => !/dist\/workflows\/[a-z-]+\.js$/.test(path)),
        [],
      );
    });

    it('holds no zod and no SDK of a cloud', () => {
      const foreign = /node_modules\/(zod|tencentcloud|@alicloud|jdcloud|pg|yaml|leven)/;
      assert.deepEqual(
        modules.filter((path) => foreign.test(path)),
        [],
      );
      assert.deepEqual(
        modules
          .flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [])
          .filter((name) => !/^(@temporalio\/(common|workflow)|long|ms|nexus-rpc)$/.test(name)),
        [],
      );
    });

    it('asks for no module of Node', () => {
      assert.deepEqual(code.match(/require\(["']node:[^)]*\)|from ["']node:[^;]*/g) ?? [], []);
      assert.deepEqual(
        modules.filter((path) => /^(node:|external )/.test(path)),
        [],
      );
    });
  });

  it('is checked without the types of Node by npm test', () => {
    const read = (file: string) => readFileSync(`${root}${file}`, 'utf8');
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    assert.match(scripts['test'] ?? '', /tsc -p workflows\b/);
    assert.match(read('workflows/tsconfig.json'), /"types": \[\]/);
  });

  describe('is fenced by a rule of ESLint, which', () => {
    let lint: (text: string) => Promise<string[]>;
    before(() => {
      const eslint = new ESLint({ cwd: root });
      lint = async (text) => {
        const filePath = `${root}workflows/options.ts`;
        const [result] = await eslint.lintText(text, { filePath });
        return (result?.messages ?? [])
          .filter(({ ruleId }) => ruleId === '@typescript-eslint/no-restricted-imports')
          .map(({ message }) => message);
      };
    });

    for (const statement of [
      "import { z } from 'zod';",
      "import type { z } from 'zod';",
      "import { readFileSync } from 'node:fs';",
      "import { ApplicationFailure } from '@temporalio/common';",
      "import { notReady } from '../activities/failures.ts';",
      "import type { Account } from '../activities/accounts.ts';",
      "import { createClone } from '../activities/tencent-postgres-clone/create.ts';",
      "import { cloneRequest } from '../activities/tencent-postgres-clone/request.ts';",
      "import { exitCodes } from '../client/exit.ts';",
    ])
      it(`refuses ${statement}`, async () => assert.equal((await lint(statement)).length, 1));

    for (const statement of [
      "import { sleep } from '@temporalio/workflow';",
      "import { createOnce } from './create-once.ts';",
      "import type { CloneRequest } from '../activities/tencent-postgres-clone/request.ts';",
    ])
      it(`lets through ${statement}`, async () => assert.deepEqual(await lint(statement), []));
  });
});
