import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { freePort } from '../client/dev/ports.ts';
import { startStack, type Stack } from '../client/dev/stack.ts';

const run = promisify(execFile);
const example = readFileSync('examples/requests/tencentPostgresClone.yaml', 'utf8');

/** The README's ways to start a restore without our client, against the stack that the README starts. */
describe('a restore started from elsewhere', () => {
  let stack: Stack;
  let directory: string;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'lifeboat-elsewhere-'));
    stack = await startStack({
      temporalPort: await freePort(),
      uiPort: await freePort(),
      emulatorPort: await freePort(),
      dataDirectory: join(directory, 'data'),
      engines: 'none',
    });
  });

  after(async () => {
    await stack?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const temporal = (...args: string[]) =>
    run(stack.temporal.path, [...args, '--address', stack.temporalAddress]);

  async function instancesMade(): Promise<number> {
    const answer = await fetch(`${stack.emulatorUrl}/_emulator/inventory`);
    const items = (await answer.json()) as { origin: string }[];
    return items.filter(({ origin }) => origin === 'call').length;
  }

  it('by the Temporal CLI with the example as its input file: one instance more', async () => {
    const before = await instancesMade();
    const file = join(directory, 'request.json');
    writeFileSync(file, JSON.stringify(parse(example)));
    const { stdout } = await temporal(
      ...['workflow', 'execute', '--type', 'tencentPostgresClone', '--task-queue', 'lifeboat'],
      ...['--workflow-id', 'from-cli', '--input-file', file, '--output', 'json'],
    );
    assert.match(stdout, /"status": "COMPLETED"/);
    assert.equal(await instancesMade(), before + 1);
  });

  it('by the call that the Temporal UI makes for pasted JSON: one instance more', async () => {
    const before = await instancesMade();
    await startAsTheUiDoes(stack, { workflowId: 'from-ui', input: parse(example) as object });
    await temporal('workflow', 'result', '--workflow-id', 'from-ui');
    assert.equal(await instancesMade(), before + 1);
  });

  it('with faults in the JSON: the UI shows our sentence outermost, and nothing is made', async () => {
    const before = await instancesMade();
    const input = { source: 'postgres-6xk2v1qa', form: { ago: '10m' }, target: { Storage: 15 } };
    await startAsTheUiDoes(stack, { workflowId: 'from-ui-bad', input });
    await assert.rejects(temporal('workflow', 'result', '--workflow-id', 'from-ui-bad'));
    const path = '/api/v1/namespaces/default/workflows/from-ui-bad/history-reverse';
    const answer = await fetch(`${stack.uiUrl}${path}`);
    const { history } = (await answer.json()) as { history: { events: object[] } };
    const closing = history.events[0] as {
      workflowExecutionFailedEventAttributes: { failure: { message: string } };
    };
    assert.equal(
      closing.workflowExecutionFailedEventAttributes.failure.message,
      'InvalidRequest: from: required; target.Storage: GB, in steps of 10; form: unknown field, did you mean from?',
    );
    assert.equal(await instancesMade(), before);
  });
});

/** POST of the UI's page "Start Workflow" (Temporal UI 2.54), with the cross-site token that it sends. */
async function startAsTheUiDoes(
  stack: Stack,
  { workflowId, input }: { workflowId: string; input: object },
): Promise<void> {
  const page = await fetch(stack.uiUrl);
  const cookies = page.headers.getSetCookie().map((cookie) => cookie.split(';')[0] ?? '');
  const token = cookies.find((cookie) => cookie.startsWith('_csrf='))?.slice('_csrf='.length) ?? '';
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const payload = {
    metadata: { encoding: base64('json/plain') },
    data: base64(JSON.stringify(input)),
  };
  const answer = await fetch(
    `${stack.uiUrl}/api/v1/namespaces/${stack.namespace}/workflows/${workflowId}`,
    {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        cookie: cookies.join('; '),
        'x-csrf-token': token,
      },
      body: JSON.stringify({
        workflowId,
        taskQueue: { name: 'lifeboat' },
        workflowType: { name: 'tencentPostgresClone' },
        input: { payloads: [payload] },
      }),
    },
  );
  assert.equal(answer.status, 200, await answer.text());
}
