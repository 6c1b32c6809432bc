import { existsSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { tencentVariables } from '../../activities/accounts.ts';
import { cliFailure } from '../exit.ts';
import { say, sayJson } from '../terminal.ts';

interface Flags {
  output: string;
  force?: true;
  json?: true;
}

/** `lifeboat init`: writes lifeboat.yaml from the environment. References only: no key is ever written. */
export function initCommand(): Command {
  return new Command('init')
    .description('Write lifeboat.yaml (the worker’s accounts) from the environment')
    .option('-o, --output <path>', 'where to', 'lifeboat.yaml')
    .option('--force', 'overwrite')
    .option('--json', 'one JSON line')
    .action(({ output, force, json }: Flags) => {
      if (existsSync(output) && !force)
        throw cliFailure(`${output} exists; --force overwrites it.`);
      const { env } = process;
      if (!env[tencentVariables.secretId] || !env[tencentVariables.secretKey])
        throw cliFailure(
          `No credentials in the environment: set ${tencentVariables.secretId} and ${tencentVariables.secretKey} (and TENCENTCLOUD_REGION), then run it again. Nothing was written.`,
        );
      const { sessionToken, ...keys } = tencentVariables;
      const credential = { env: env[sessionToken] ? tencentVariables : keys };
      const accounts = {
        'tencent-prod': {
          cloud: 'tencent',
          site: 'china',
          region: env['TENCENTCLOUD_REGION'] ?? 'ap-guangzhou',
          timeZone: '+08:00',
          credentials: { read: credential, create: credential, delete: credential },
          protect: [],
        },
      };
      writeFileSync(output, `${heading}${stringify({ accounts })}`, { mode: 0o600 });
      if (json) sayJson({ written: output, accounts: Object.keys(accounts) });
      else
        say(
          `Wrote ${output}: account tencent-prod, keys by reference. One key serves reading, creating and deleting; give each its own when you can.`,
          'Next: lifeboat worker (beside this file), then lifeboat sources',
        );
    });
}

const heading = `# The accounts that this worker may use. Keys are referenced, never written here.
# protect: instance ids and tag keys that Lifeboat must never delete. See docs/accounts.md
`;
