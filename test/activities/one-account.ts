import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';

/** A worker's configuration for as long as a test lasts: `lifeboat.yaml` with one account, keys in a file. */
export function useAccount(options: {
  url: string;
  accessKeyId?: string;
  secretKey?: string;
  fields?: object;
}): { path: string; end(): void } {
  const directory = mkdtempSync(join(tmpdir(), 'lifeboat-account-'));
  const path = join(directory, 'lifeboat.yaml');
  const keys = join(directory, 'keys.json');
  const { url, accessKeyId = 'lifeboat', secretKey = 'lifeboat-secret', fields = {} } = options;
  writeFileSync(keys, JSON.stringify({ secretId: accessKeyId, secretKey }));
  const account = {
    cloud: 'tencent',
    region: 'ap-guangzhou',
    endpoint: url,
    credentials: { file: keys },
    ...fields,
  };
  writeFileSync(path, stringify({ accounts: { test: account } }));
  const before = process.env['LIFEBOAT_CONFIG'];
  process.env['LIFEBOAT_CONFIG'] = path;
  return {
    path,
    end: () => {
      if (before === undefined) delete process.env['LIFEBOAT_CONFIG'];
      else process.env['LIFEBOAT_CONFIG'] = before;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
