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
