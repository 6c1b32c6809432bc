import { refusal } from '../cloud.ts';
import { action } from './action.ts';
import { durations } from './assumptions.ts';
import { beijingTime } from './beijing-time.ts';
import { databaseAccounts } from './fixtures.ts';
import { statusOf } from './instance.ts';
import { ordered, pageOf } from './paging.ts';
import { fields, text, whole } from './parameters.ts';
import { statusLimit } from './refusals.ts';
import { instanceById, nextLabel } from './state.ts';

const page = {
  Limit: whole.optional(),
  Offset: whole.optional(),
  OrderBy: text.optional(),
  OrderByType: text.optional(),
};

/** Accounts come with the data, so a clone shows those of its source. Rate limit not published; ASSUMPTION 20. */
export const describeAccounts = action({
  perSecond: 20,
  parameters: fields({ DBInstanceId: text, ...page }),
  emptyAnswer: { TotalCount: 0, Details: [] },
  perform: (context, call, { DBInstanceId, Limit, Offset, OrderBy, OrderByType }) => {
    const { createdAt, passwords = {} } = instanceById(context, call, DBInstanceId);
    const rows = ordered([...databaseAccounts], {
      by: OrderBy ?? 'createTime',
      direction: OrderByType ?? 'desc',
      keys: { createTime: () => 0, name: ({ name }) => name, updateTime: () => 0 },
    });
    const time = beijingTime(createdAt);
    const details = pageOf(rows, { limit: Limit, offset: Offset, fallback: 20 }).map(
      ({ name, type, roles }) => {
        const reset = passwords[name];
        const Status = reset && reset.doneFrom > Date.now() ? 4 : 2;
        return {
          ...{ DBInstanceId, UserName: name, Remark: '', Status, UserType: type },
          ...{ CreateTime: time, UpdateTime: reset ? beijingTime(reset.setAt) : time },
          PasswordUpdateTime: beijingTime(reset?.setAt ?? null),
          ...{ OpenCam: false, PGRoles: roles },
        };
      },
    );
    return { answer: { TotalCount: rows.length, Details: details } };
  },
});

/** 8 to 32 characters, the first no "/", with lower case, upper case, a digit and another sign (ResetAccountPassword, API page, 2026-08). */
function checkPassword(password: string): void {
  if (password.length < 8 || password.length > 32)
    throw refusal(
      'InvalidParameterValue.InvalidPasswordLengthError',
      '`Password` must have 8 to 32 characters.',
    );
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/];
  if (password.startsWith('/') || !kinds.every((kind) => kind.test(password)))
    throw refusal(
      'InvalidParameterValue.InvalidPasswordValueError',
      '`Password` must have lower and upper case letters, digits and other signs, and not begin with "/".',
    );
}

/**
 * Answers at once; the account is in Status 4 for a while. ASSUMPTION: the instance must run. The real database behind keeps
 * the password it came with: engines have no way to change it.
 */
export const resetAccountPassword = action({
  kind: 'change',
  perSecond: 100,
  parameters: fields({ DBInstanceId: text, UserName: text, Password: text }),
  subject: ({ UserName }) => ({ name: UserName }),
  perform: (context, call, { DBInstanceId, UserName, Password }) => {
    checkPassword(Password);
    const instance = instanceById(context, call, DBInstanceId);
    const status = statusOf(instance);
    if (status !== 'running') throw statusLimit(DBInstanceId, status);
    if (!databaseAccounts.some(({ name }) => name === UserName))
      throw refusal(
        'InvalidParameterValue.AccountNotExistError',
        `The account ${UserName} does not exist.`,
      );
    const label = nextLabel(context.stateOf(call.account));
    const seconds = context.random.whole(durations.passwordReset, `${label} password`);
    const reset = {
      setAt: call.account.clock.now().getTime(),
      doneFrom: Date.now() + context.pace.realMs(seconds),
    };
    instance.passwords = { ...instance.passwords, [UserName]: reset };
    return { tags: instance.tags, answer: {} };
  },
});
