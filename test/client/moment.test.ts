import assert from 'node:assert/strict';
import fc from 'fast-check';
import { offsetMs } from '../../activities/moments.ts';
import { clockTime, echoed, meantMoment, stopwatch } from '../../client/moment.ts';

/** 03:14 on 21 November in Guangzhou. */
const guangzhou = { timeZone: '+08:00', now: '2026-11-20T19:14:00.000Z' };

describe('A moment on the command line', () => {
  for (const [text, iso, why] of [
    ['02:41', '2026-11-20T18:41:00.000Z', 'today, if that has been'],
    ['2:41', '2026-11-20T18:41:00.000Z', 'with or without a leading zero'],
    ['02:41:07', '2026-11-20T18:41:07.000Z', 'to the second'],
    ['03:14', '2026-11-20T19:14:00.000Z', 'now itself'],
    ['03:15', '2026-11-19T19:15:00.000Z', 'yesterday, if today it is still to come'],
    ['23:59:59', '2026-11-20T15:59:59.000Z', 'across midnight'],
  ] as const)
    it(`${text} is the latest such time in the account's zone: ${why}`, () =>
      assert.equal(meantMoment(text, guangzhou), iso));

  for (const [text, iso] of [
    ['2026-11-21 02:41:00', '2026-11-20T18:41:00.000Z'],
    ['2026-11-21T02:41:00', '2026-11-20T18:41:00.000Z'],
    ['2026-11-21 02:41:00 +08:00', '2026-11-20T18:41:00.000Z'],
    ['2026-11-20 18:41:00 UTC', '2026-11-20T18:41:00.000Z'],
    ['2026-11-20T19:41:00+01:00', '2026-11-20T18:41:00.000Z'],
  ] as const)
    it(`${text} is taken at its word`, () => assert.equal(meantMoment(text, guangzhou), iso));

  for (const text of [
    '25:00',
    '02:60',
    '2',
    'yesterday',
    '2026-02-31 02:41:00',
    '',
    '02:41 +08:00',
  ])
    it(`"${text}" is none`, () => assert.equal(meantMoment(text, guangzhou), undefined));

  it('that is bare is never in the future and less than a day old, in any zone at any time', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1_000_000_000, max: 4_000_000_000 }),
        fc.constantFrom('+08:00', '+00:00', '-05:30', '+14:00', '-12:00'),
        fc.integer({ min: 0, max: 86_399 }),
        (seconds, timeZone, clock) => {
          const now = new Date(seconds * 1000);
          const text = new Date(clock * 1000).toISOString().slice(11, 19);
          const meant = meantMoment(text, { timeZone, now: now.toISOString() });
          const age = now.getTime() - Date.parse(meant ?? '');
          assert.ok(age >= 0 && age < 86_400_000, `${age} ms`);
          assert.equal(clockTime(Date.parse(meant ?? ''), timeZone), text);
        },
      ),
    ));

  it('is echoed with date, offset, UTC and how long ago it was', () =>
    assert.equal(
      echoed('2026-11-20T18:41:00.000Z', guangzhou),
      '2026-11-21 02:41:00 +08:00 = 2026-11-20 18:41:00 UTC, 33 min ago',
    ));

  it('is echoed in the zone of the account, not of this machine', () =>
    assert.equal(
      echoed('2026-11-20T18:41:00.000Z', { ...guangzhou, timeZone: '-05:30' }),
      '2026-11-20 13:11:00 -05:30 = 2026-11-20 18:41:00 UTC, 33 min ago',
    ));
});

describe('A stopwatch', () => {
  for (const [ms, text] of [
    [0, '0:00'],
    [-5, '0:00'],
    [59_400, '0:59'],
    [1_547_000, '25:47'],
    [3_723_000, '1:02:03'],
  ] as const)
    it(`shows ${ms} ms as ${text}`, () => assert.equal(stopwatch(ms), text));
});

describe('An offset', () => {
  for (const [text, hours] of [
    ['+08:00', 8],
    ['-05:30', -5.5],
    ['+00:00', 0],
  ] as const)
    it(`${text} is ${hours} h`, () => assert.equal(offsetMs(text), hours * 3_600_000));
});
