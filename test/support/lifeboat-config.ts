import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Keys } from './emulated-account.ts';

/**
 * How often a test's worker looks and how long it settles, before the division by the time scale. Settling is
 * 2 × request + 5 s + listLag / scale: 9.5 s at 120. No interval falls below the second that Temporal needs.
 */
export const quickTiming = { request: '2s', listLag: '1m', look: '10s', undoRetry: '15s' };

export type TimingOfTests = Partial<typeof quickTiming>;

/** A `lifeboat.yaml` of its own that accounts are added to; workers read it anew at each attempt. */
export interface TestConfig {
  readonly file: string;
  add(
    name: string,
    account: Keys & { url: string; timing?: TimingOfTests; protect?: string[] },
  ): void;
  remove(): void;
}

export function createTestConfig(): TestConfig {
  const directory = mkdtempSync(join(tmpdir(), 'lifeboat-restores-'));
  const file = join(directory, 'lifeboat.yaml');
  const accounts: Record<string, object> = {};
  const write = () => {
    // Renamed into place: a worker must never read half a file.
    writeFileSync(`${file}.new`, stringify({ accounts }, { defaultStringType: 'QUOTE_DOUBLE' }));
    renameSync(`${file}.new`, file);
  };
  write();
  return {
    file,
    add(name, { url, accessKeyId, secretKey, timing, protect }) {
      const keys = join(directory, `${name}.json`);
      writeFileSync(keys, JSON.stringify({ secretId: accessKeyId, secretKey }));
      accounts[name] = {
        cloud: 'tencent',
        region: 'ap-guangzhou',
        endpoint: url,
        emulator: true,
        credentials: { file: keys },
        timing: { ...quickTiming, ...timing },
        ...(protect ? { protect } : {}),
      };
      write();
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
