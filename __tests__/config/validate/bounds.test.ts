import { problemsOf, staging, withValue, type Path } from '../../support/refused-values';

test.each<[Path, number, number, number?, number?]>([
  [['ops', 'state', 'previousVersionsDays'], 7, 3650],
  [['ops', 'sharing', 'reconcileEveryMinutes'], 15, 720],
  [['ops', 'monitoring', 'lateSharingMinutes'], 5, 240],
  [['ops', 'monitoring', 'staleImageDays'], 1, 365],
  // An approval times out after a day, and the alarm of one that waits fires after 8 hours.
  [['ops', 'monitoring', 'stuckApprovalHours'], 1, 720, 23],
  // Production drains for 135 minutes and pauses for 30.
  // Plans are kept for 30 days.
  [['ops', 'delivery', 'approvalTimeoutMinutes'], 5, 86_400, 43_199, 481],
  [['ops', 'delivery', 'deploymentTimeoutMinutes'], 120, 480, 480, 241],
  [['ops', 'delivery', 'artifactRetentionDays'], 7, 365],
  [staging('state', 'previousVersionsDays'), 7, 3650],
  [staging('manager', 'rootVolumeGiB'), 40, 16384],
  [staging('prover', 'rootVolumeGiB'), 60, 16384],
  [staging('prover', 'volumeInitializationRate'), 100, 300],
  // Counts have to be in order as well: staging has 0 <= 1 <= 4.
  [staging('prover', 'min'), 0, 1000, 1],
  [staging('prover', 'desired'), 0, 1000, 4],
  [staging('prover', 'max'), 0, 1000, 1000, 1],
])('%j beside its bounds', (path, least, most, mostInOrder = most, leastInOrder = least) => {
  for (const value of [leastInOrder, mostInOrder]) expect(problemsOf(withValue(path, value))).toEqual([]);
  const field = (path[0] === 'ops' ? path.slice(1) : path.slice(2)).join('.');
  for (const [value, wrong] of [
    [least - 1, 'is too small'],
    [most + 1, 'is too large'],
    [least + 0.5, 'is not a whole number'],
  ] as const) {
    const message = expect.stringMatching(new RegExp(`^${wrong}; give .* from ${least} to ${most}`)) as string;
    const problem = { file: path[0] === 'ops' ? 'config/ops.ts' : 'config/staging.ts', field, value, message };
    expect(problemsOf(withValue(path, value))).toContainEqual(expect.objectContaining(problem));
  }
});
