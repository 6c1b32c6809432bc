import type { Account, Accounts } from '../accounts.ts';
import { type Call, type Cloud, refusal } from '../cloud.ts';
import type { Databases } from '../databases.ts';
import type { Faults } from '../faults.ts';
import type { Pace } from '../pace.ts';
import type { Random } from '../random.ts';
import {
  inventoryOf,
  placeFixtures,
  restoreState,
  type SavedTencent,
  saveState,
} from './accounts-state.ts';
import { actions, versions } from './actions.ts';
import { aboutNothing } from './action.ts';
import { defaultAssumptions, type TencentAssumptions } from './assumptions.ts';
import { backUpDaily } from './backups.ts';
import { regions } from './catalog.ts';
import { makeTwin, postgresDamages } from './clone.ts';
import { writeAnswer, writeError } from './envelope.ts';
import { settleInstance } from './lifecycle.ts';
import { invalidParameter, missingParameter, requestLimitExceeded } from './refusals.ts';
import { proveRequest, type ProvedRequest, senderOf } from './request.ts';
import type { TencentContext, TencentState } from './state.ts';
import { createThrottle } from './throttle.ts';

/** TencentDB for PostgreSQL 2017-03-12 and the tag service 2018-08-13, as one cloud of the emulator. */
export function tencentCloud(options: {
  accounts: Accounts;
  pace: Pace;
  random: Random;
  faults: Faults;
  databases: Databases;
  assumptions: Partial<TencentAssumptions>;
}): Cloud {
  const states = new Map<number, TencentState>();
  const throttle = createThrottle();
  const stateOf = (account: Account): TencentState => {
    const state = states.get(account.number) ?? {
      ...{ account, instances: new Map(), tasks: [], orders: [], counter: 0 },
    };
    states.set(account.number, state);
    return state;
  };
  const assumptions = { ...defaultAssumptions, ...options.assumptions };
  const context: TencentContext = { ...options, assumptions, stateOf };

  return {
    name: 'tencent',
    actions,
    damages: postgresDamages,
    throttled: requestLimitExceeded(21, 20),
    tooLarge: refusal('RequestSizeLimitExceeded', 'The request is larger than 10 MB.'),
    unreadable: invalidParameter('The request body can not be read.'),
    broken: refusal('InternalError', 'An internal error has occurred.'),
    deleteRefused: refusal(
      'OperationDenied.InstanceStatusLimitError',
      'This operation cannot be performed on an instance in this status.',
    ),
    identify: senderOf,
    open: (request, numbers) => ({
      ...numbers,
      ...opened(proveRequest(request, options.accounts)),
    }),
    subject: (call) => actions.get(call.action)?.subject(call) ?? aboutNothing,
    perform: async (call) => {
      const action = actions.get(call.action);
      if (!action) throw unknownAction(call.action);
      throttle(call, action.perSecond);
      return action.perform(context, call);
    },
    makeTwin: (call, twin) => makeTwin(context, call, twin),
    write: writeAnswer,
    writeRefusal: writeError,
    openAccount: (account, saved) => {
      const state = stateOf(account);
      if (saved) return restoreState(context, state, saved as SavedTencent);
      return placeFixtures(context, state);
    },
    reset: async (account) => {
      const state = stateOf(account);
      for (const instanceId of state.instances.keys())
        await options.databases.destroy({ account, instanceId });
      await placeFixtures(context, state);
    },
    settle: (account) => {
      const state = stateOf(account);
      for (const instance of state.instances.values()) {
        settleInstance(context, state, instance);
        backUpDaily(context, state, instance);
      }
    },
    inventory: (account) => {
      const state = stateOf(account);
      for (const instance of state.instances.values()) settleInstance(context, state, instance);
      return inventoryOf(context, state);
    },
    save: (account) => saveState(stateOf(account)),
  };
}

const unknownAction = (name: string) =>
  refusal('InvalidAction', `The request action=\`${name}\` is invalid or not match with version.`);

/** Version, action and region, checked in this order. ASSUMPTION: the order. */
function opened(proved: ProvedRequest): Omit<Call, 'seq' | 'requestId'> {
  const { account, action: name, version, region = '', raw } = proved;
  if (!versions.has(version))
    throw refusal('NoSuchVersion', `The request version=\`${version}\` does not exist.`);
  const action = actions.get(name);
  if (action?.version !== version) throw unknownAction(name);
  if (action.needsRegion && region === '') throw missingParameter('Region');
  if (region !== '' && !Object.hasOwn(regions, region))
    throw refusal('UnsupportedRegion', `The region \`${region}\` is not supported by ${name}.`);
  return { account, action: name, kind: action.kind, region, ...raw };
}
