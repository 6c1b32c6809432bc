import { inspect } from 'node:util';
import { json, type NextFunction, type Request, type Response, Router } from 'express';
import { z } from 'zod';
import type { Account, Accounts } from './accounts.ts';
import type { Audit } from './audit.ts';
import type { Cloud } from './cloud.ts';
import { latestBusinessTime } from './clock.ts';
import { parseFault } from './control-fault.ts';
import { badRequest, parseControl } from './control-input.ts';
import type { Faults } from './faults.ts';

export interface ControlOptions {
  readonly accounts: Accounts;
  readonly clouds: ReadonlyMap<string, Cloud>;
  readonly audit: Audit;
  readonly faults: Faults;
  /** Called after every change that must survive a restart. */
  readonly save: () => void;
  readonly engines: boolean;
  readonly log: (line: string) => void;
}

const inAccount = z.strictObject({ account: z.string().optional() });
const whole = z.coerce.number().int().nonnegative();

/** The control API below `/_emulator`: faults, audit, inventory, clock, accounts and reset. */
export function controlApi(options: ControlOptions): Router {
  const { accounts, clouds, audit, faults, save, log } = options;
  const router = Router();
  router.use(json({ type: () => true }));

  const accountOf = (accessKeyId: string | undefined): Account => {
    if (accessKeyId === undefined) return accounts.first;
    const account = accounts.find(accessKeyId);
    if (account) return account;
    throw badRequest(
      `unknown account '${accessKeyId}'`,
      accounts.all().map((known) => known.accessKeyId),
    );
  };
  const read = <Shape extends z.ZodRawShape>(request: Request, shape: Shape) =>
    parseControl(inAccount.extend(shape), {
      ...request.query,
      ...(request.body as object | undefined),
    });

  router.post('/accounts', async (request, response) => {
    const { engines } = parseControl(
      z.strictObject({ engines: z.boolean().default(false) }),
      request.body,
    );
    if (engines && !options.engines)
      throw badRequest('this emulator runs without engines; start it with --engines real');
    const account = accounts.add({ engines });
    for (const cloud of clouds.values()) await cloud.openAccount(account, undefined);
    save();
    response.json({ accessKeyId: account.accessKeyId, secretKey: account.secretKey });
  });

  router.post('/faults', (request, response) => {
    const { account, ...rest } = (request.body ?? {}) as Record<string, unknown>;
    const { accessKeyId } = accountOf(parseControl(inAccount, { account }).account);
    const fault = faults.arm({ account: accessKeyId, ...parseFault(rest, clouds) });
    response.json({ id: fault.id });
  });

  router.get('/faults', (request, response) => {
    const { accessKeyId } = accountOf(read(request, {}).account);
    response.json(
      faults.list(accessKeyId).map(({ id, account, cloud, action, fault, times, after, hits }) => {
        return { id, account, cloud, action, fault, times, after, hits };
      }),
    );
  });

  const disarm = (request: Request, response: Response, id?: string) => {
    const account = accountOf(read(request, {}).account);
    for (const cloud of clouds.values()) cloud.settle(account);
    const disarmed = faults.disarm(account.accessKeyId, id);
    if (id !== undefined && disarmed === 0) {
      const known = faults.list(account.accessKeyId).map((fault) => fault.id);
      throw Object.assign(badRequest(`no fault '${id}' in this account`, known), { status: 404 });
    }
    response.json({ disarmed });
  };
  router.delete('/faults', (request, response) => disarm(request, response));
  router.delete('/faults/:id', (request, response) => disarm(request, response, request.params.id));

  router.get('/audit', (request, response) => {
    const { account, since } = read(request, { since: whole.default(0) });
    // any key that a call was ever sent with, also one that no account has
    response.json(audit.since(since, account ?? accounts.first.accessKeyId));
  });

  router.get('/inventory', (request, response) => {
    const account = accountOf(read(request, {}).account);
    response.json([...clouds.values()].flatMap((cloud) => cloud.inventory(account)));
  });

  router.post('/clock', (request, response) => {
    const parsed = read(request, { advanceSeconds: z.number().nonnegative() });
    const { clock } = accountOf(parsed.account);
    if (clock.now().getTime() + parsed.advanceSeconds * 1000 >= latestBusinessTime)
      throw badRequest(
        `advanceSeconds: business time must stay before ${new Date(latestBusinessTime).toISOString()}`,
      );
    clock.advance(parsed.advanceSeconds);
    save();
    response.json({ now: clock.now().toISOString() });
  });

  router.post('/reset', async (request, response) => {
    const account = accountOf(read(request, {}).account);
    faults.disarm(account.accessKeyId);
    for (const cloud of clouds.values()) await cloud.reset(account);
    save();
    response.json({});
  });

  router.use((request: Request) => {
    throw Object.assign(badRequest(`the control API has no ${request.method} ${request.path}`), {
      status: 404,
    });
  });
  router.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    const { status = 500, known } = error as { status?: number; known?: readonly string[] };
    const message = error instanceof Error ? error.message : String(error);
    if (status >= 500) log(inspect(error));
    response.status(status).json(known ? { error: message, known } : { error: message });
  });
  return router;
}
