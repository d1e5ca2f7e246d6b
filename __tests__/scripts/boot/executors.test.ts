import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { instanceCpus, instanceMemoryGiB } from '../../../config/instance-types';
import { settings } from '../../../config/contract';
import { problemsOf, staging, withValue } from '../../support/refused-values';
import { describeWith } from '../../support/tools';
import { run, temporaryFolder } from '../support';
import { python, pythonPackages } from './python';

/** Evaluates an expression beside `bento_boot.executors`. */
function evaluated(expression: string, given: unknown): unknown {
  const { value, error } = python(
    `from bento_boot import executors\nprint(json.dumps([${expression} for one in given]))`,
    given,
  );
  if (error !== '') throw new Error(error);
  return value;
}

describeWith(pythonPackages, 'executors of a manager', () => {
  /** What upstream's wizard proposes for these threads, limited by memory. */
  const sizes = [
    ['c7a.xlarge', 1],
    ['c7a.2xlarge', 2],
    ['c7a.4xlarge', 6],
    ['c7a.8xlarge', 14],
    ['c7a.16xlarge', 20],
    ['m7a.4xlarge', 6],
    ['r7a.2xlarge', 2],
  ] as const;

  test('are as many as the size of the instance and the limits allow, where the settings have no number', () => {
    // The kernel keeps a part of it.
    const given = sizes.map(([type]) => [instanceCpus(type), Math.floor(instanceMemoryGiB(type)! * 1024 * 0.95)]);
    expect(evaluated('executors.by_size(*one)', given)).toEqual(sizes.map(([, count]) => count));
  });

  test.each(sizes.filter(([type]) => type !== 'c7a.xlarge'))(
    'of %s by default, %d, are a number that the configuration takes as well',
    (type, count) => {
      const cluster = withValue(staging('manager', 'instanceType'), type);
      const environments = cluster.environments.map((one, index) =>
        index === 0 ? { ...one, bento: { ...one.bento, executors: count } } : one,
      );
      expect(problemsOf({ ...cluster, environments })).toEqual([]);
    },
  );

  test('are as many as the settings set', () => {
    const { least, most } = settings.executors;
    expect(evaluated('executors.count(one, 1024)', [least, most])).toEqual([least, most]);
  });

  test('leave two for proofs when orders are priced, and price one at a time at least', () => {
    expect(evaluated('executors.preflights(one)', [1, 2, 3, 6, 20])).toEqual([1, 1, 1, 4, 18]);
  });

  test('share the memory that the stores leave, each part within its limits', () => {
    const given = [
      [6, 31 * 1024],
      [1, 31 * 1024],
      [2, 15 * 1024],
      [4, 8 * 1024],
    ];
    expect(evaluated('executors.memory_max_mib(*one)', given)).toEqual([3925, 8192, 3584, 1024]);
  });

  const root = temporaryFolder();
  const units = path.join(root, 'etc/systemd/system');

  /** Prepares so many executors where so many are loaded: what systemd was asked for. */
  const prepared = (wanted: number, loaded: number) =>
    python(
      `
from pathlib import Path
from bento_boot import executors
asked = []
def systemctl(*arguments, waiting=None):
    asked.append(" ".join(arguments))
    return "".join(f"{unit} loaded active\\n" for unit in executors.units(given["loaded"])) if arguments[0] == "list-units" else ""
executors.services.systemctl = systemctl
def write(file, content, mode):
    file.write_text(content)
executors.write = write
units = Path(given["units"])
executors._WANTS = units / "bento-manager.target.d/executors.conf"
executors._MEMORY = units / "bento-executor@.service.d/memory.conf"
executors.prepare(given["wanted"], 31 * 1024, lambda: None)
print(json.dumps([asked[1:], executors.started()]))`,
      { wanted, loaded, units },
    );

  test('above the number are stopped, once the target no longer starts them', () => {
    mkdirSync(units, { recursive: true });
    const ids = ['bento-executor@01.service', 'bento-executor@02.service'];
    expect(prepared(2, 4).value).toEqual([
      [
        'list-units --plain --no-legend --all bento-executor@*.service',
        'stop bento-executor@03.service',
        'stop bento-executor@04.service',
      ],
      ids,
    ]);
    expect(readFileSync(path.join(units, 'bento-manager.target.d/executors.conf'), 'utf8')).toBe(
      `[Unit]\nWants=${ids.join(' ')}\n`,
    );
  });

  describeWith(['systemd-analyze'], 'systemd', () => {
    test('takes what the boot writes: the target, and an executor with its limit', async () => {
      expect(prepared(12, 0).error).toBe('');
      cpSync('service_files', units, { recursive: true });
      cpSync('/usr/lib/systemd/system', units, {
        recursive: true,
        filter: (file) => !path.extname(file) || /\.(target|slice)$/.test(file),
      });
      const programs = readFileSync('service_files/bento-executor@.service', 'utf8');
      const program = path.join(root, /^ExecStart=(\S+)/m.exec(programs)![1]!);
      mkdirSync(path.dirname(program), { recursive: true });
      writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
      const unit = 'bento-executor@12.service';
      const verified = await run('systemd-analyze', ['verify', '--man=no', `--root=${root}`, unit]);
      expect(verified).toMatchObject({ code: 0, stdout: '', stderr: '' });
      // A line that it does not know or cannot read is a warning.
      writeFileSync(path.join(units, 'bento-executor@.service.d/memory.conf'), '[Service]\nMemoryMax=lots\n');
      const wrong = await run('systemd-analyze', ['verify', '--man=no', `--root=${root}`, unit]);
      expect(wrong.stderr).toContain('memory.conf');
    });
  });
});
