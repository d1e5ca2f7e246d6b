import { Construct } from 'constructs';
import { type InstanceRole } from '../../../config/names';
import { clusterAlarm, rollbackAlarms, type compositeAlarms } from './names';
import { CompositeAlarm, type Named } from '../../base/alarm';
import { Balances } from './balances';
import { BrokerErrors } from './broker';
import { Capacity } from './capacity';
import { Instances } from './instances';
import type { AlarmsProps } from './props';
import { Resources } from './resources';
import { StaleSecrets } from './secrets';
import { Work } from './work';
import { AccountStack } from '../../base/account-stack';

export interface ClusterAlarmsProps extends AlarmsProps {
  /** Topics that are notified of them. */
  readonly actions: readonly string[];
}

type Composite = (typeof compositeAlarms)[number];

/** The alarms of a cluster; docs/cluster-alarms.md has what to do about each. */
export class ClusterAlarms extends Construct {
  /** Names of the alarms that roll back a refresh of a role's group. */
  readonly rollback: Readonly<Record<InstanceRole, readonly string[]>>;

  constructor(scope: Construct, id: string, props: ClusterAlarmsProps) {
    super(scope, id);
    const { environment } = AccountStack.of(this).account;
    const { actions } = props;
    this.rollback = rollbackAlarms(environment);
    const capacity = new Capacity(this, 'Capacity', props);
    const instances = new Instances(this, 'Machines', props);
    const resources = new Resources(this, 'Resources', props);
    const work = new Work(this, 'Work', props);
    const secrets = new StaleSecrets(this, 'Secrets', props);
    const broker = new BrokerErrors(this, 'Broker', props);
    new Balances(this, 'Balances', props);

    const composite = (
      name: Composite,
      section: string,
      meaning: string,
      alarms: readonly Named[],
      suppressedBy?: Named,
    ) =>
      new CompositeAlarm(this, name, {
        name: clusterAlarm(environment, name),
        description: `${environment}: ${meaning}. Its child alarms show which. docs/cluster-alarms.md, "${section}".`,
        alarms,
        actions,
        ...(suppressedBy !== undefined && { suppressedBy }),
      });
    const manager = composite('manager-unhealthy', 'Manager', 'the manager is missing, reports nothing or fails', [
      capacity.noManager,
      capacity.managerSilent,
      ...instances.alarms.manager,
    ]);
    composite(
      'machines-filling',
      'Disks and memory',
      'a disk, the memory of an instance or Valkey is nearly full',
      resources.alarms,
    );
    composite('secrets-stale', 'Secrets', 'instances do not apply changed secrets', secrets.alarms);
    // Without a manager nothing else works: its notification is enough.
    composite(
      'provers-unhealthy',
      'Provers',
      'provers are missing or failing',
      [capacity.proversShort, ...instances.alarms.prover],
      manager,
    );
    composite('agents-failing', 'Agents', 'agents of Bento log errors', instances.agentErrors, manager);
    composite('work-waiting', 'Work', 'tasks are queued and not worked on', work.alarms, manager);
    composite('broker-unhealthy', 'Broker', 'the broker logs errors', broker.alarms, manager);
  }
}
