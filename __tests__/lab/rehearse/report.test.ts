import { Rehearsal, stepLine, StepFailedError, summaryLine, type Step } from '../../../lab/rehearse/report';

const works = () => Promise.resolve({ details: 'done' });
const fails = () => Promise.reject(new Error('the pointer is wrong'));

test('every step did what it claims', async () => {
  const reported: Step[] = [];
  const rehearsal = new Rehearsal((step) => reported.push(step));
  await rehearsal.step('one', works);
  await rehearsal.step('two', works);
  expect(rehearsal.report()).toMatchObject({ ok: true, steps: [{ name: 'one' }, { name: 'two', details: 'done' }] });
  expect(reported.map(({ name }) => name)).toEqual(['one', 'two']);
  expect(summaryLine(rehearsal.report())).toMatch(/^ok .* 2 of 2 steps/);
});

test('a step that fails ends the rehearsal with its reason', async () => {
  const rehearsal = new Rehearsal();
  await rehearsal.step('one', works);
  await expect(rehearsal.step('two', fails)).rejects.toThrow(StepFailedError);
  const report = rehearsal.report();
  expect(report).toMatchObject({ ok: false, steps: [{ ok: true }, { ok: false, details: 'the pointer is wrong' }] });
  expect(report.steps.map(stepLine)[1]).toMatch(/^FAIL .* two +the pointer is wrong$/);
  expect(summaryLine(report)).toMatch(/^FAIL .* 1 of 2 steps/);
});

test('a rehearsal without steps fails', () => {
  expect(new Rehearsal().report().ok).toBe(false);
});

test('an interruption is no failure of the step that it cut short, and no further step begins', async () => {
  const interrupt = new AbortController();
  const reported: Step[] = [];
  const rehearsal = new Rehearsal((step) => reported.push(step), interrupt.signal);
  await rehearsal.step('one', works);
  const cut = () => {
    interrupt.abort(new Error('interrupted by SIGINT'));
    return Promise.reject(new Error('connect ECONNREFUSED 127.0.0.1:5000'));
  };
  await expect(rehearsal.step('two', cut)).rejects.toThrow('interrupted by SIGINT');
  await expect(rehearsal.step('three', works)).rejects.toThrow('interrupted by SIGINT');
  expect(reported.map(({ name }) => name)).toEqual(['one']);
  const report = rehearsal.report();
  expect(report).toMatchObject({ ok: false, interrupted: 'interrupted by SIGINT', steps: [{ name: 'one' }] });
  expect(summaryLine(report)).toMatch(/^stop .* interrupted by SIGINT; 1 steps had done what they claim$/);
});
