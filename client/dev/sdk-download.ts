import { fork } from 'node:child_process';
import { existsSync, rmSync, statSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory } from './program-cache.ts';

const reachDeadlineMs = 2_000;
const stallDeadlineMs = 10_000;

export interface SdkDownloadOptions {
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  readonly report: (line: string) => void;
}

/**
 * The `temporal` program as the SDK itself downloads it, for reuse kept in our cache. Never delays the
 * next way of getting it: the download host must answer within 2 s, and a download that stops growing
 * for 10 s is ended. Rejects with one line.
 */
export async function downloadWithSdk(options: SdkDownloadOptions): Promise<string> {
  const directory = join(cacheDirectory(options.env), 'sdk');
  const suffix = process.platform === 'win32' ? '.exe' : '';
  // The name that the SDK's core gives a download of a fixed version (1.24.0, ephemeral_server/mod.rs).
  const program = join(directory, `temporal-v${options.version}${suffix}`);
  if (existsSync(program)) return program;
  await hostAnswers(options.version);
  options.report(`Downloading the Temporal CLI ${options.version} (temporal.download) …`);
  await downloadInChild({ directory, version: options.version, growing: `${program}.downloading` });
  if (!existsSync(program)) throw new Error('the SDK left no program where it keeps it');
  return program;
}

function hostAnswers(version: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (why: string) => reject(new Error(`temporal.download is out of reach: ${why}`));
    // The deadline covers name resolution too, which no socket timeout does.
    const deadline = setTimeout(() => {
      failed(`no answer within ${reachDeadlineMs / 1000} s`);
      request.destroy();
    }, reachDeadlineMs);
    const request = get(`https://temporal.download/cli/v${version}`, (response) => {
      clearTimeout(deadline);
      response.resume();
      if ((response.statusCode ?? 500) < 500) resolve();
      else failed(`HTTP ${response.statusCode}`);
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(deadline);
      failed(error.code ?? error.message);
    });
  });
}

/** In a process of its own, because the SDK's download has no timeout and cannot be aborted. */
function downloadInChild(options: {
  directory: string;
  version: string;
  growing: string;
}): Promise<void> {
  const script = fileURLToPath(new URL('./sdk-download-child.js', import.meta.url));
  return new Promise((resolve, reject) => {
    const child = fork(script, [options.directory, options.version], { stdio: 'ignore' });
    const stopWatching = onStall(options.growing, () => {
      child.kill('SIGKILL');
      // Left in place it would make the SDK's next download wait a minute for its owner.
      rmSync(options.growing, { force: true });
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      stopWatching();
      if (code === 0) resolve();
      else reject(new Error('the SDK could not download it (stalled or refused)'));
    });
  });
}

function onStall(file: string, stalled: () => void): () => void {
  let seen = -1;
  let since = Date.now();
  const timer = setInterval(() => {
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (size !== seen) [seen, since] = [size, Date.now()];
    else if (Date.now() - since > stallDeadlineMs) stalled();
  }, 500);
  return () => clearInterval(timer);
}
