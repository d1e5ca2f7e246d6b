import { Construct } from 'constructs';
import { clusterAlarm, rollbackAlarms, type clusterVoices, type NodeRole } from '../../../config/names';
import { CompositeAlarm, type Named } from '../../base/alarm';
import { Balances } from './balances';
import { BrokerErrors } from './broker';
import { Capacity } from './capacity';
import { Machines } from './machines';
import type { AlarmsProps } from './props';
import { Resources } from './resources';
import { StaleSecrets } from './secrets';
import { Work } from './work';

export interface ClusterAlarmsProps extends AlarmsProps {
  /** Topics that hear of them. */
  readonly actions: readonly string[];
}

type Voice = (typeof clusterVoices)[number];

/** What rings in a cluster; docs/cluster-alarms.md says what to do about each. */
export class ClusterAlarms extends Construct {
  /** Names of the alarms that take back a refresh of a role's group. */
  readonly rollback: Readonly<Record<NodeRole, readonly string[]>>;

  constructor(scope: Construct, id: string, props: ClusterAlarmsProps) {
    super(scope, id);
    const { environment, actions } = props;
    this.rollback = rollbackAlarms(environment);
    const capacity = new Capacity(this, 'Capacity', props);
    const machines = new Machines(this, 'Machines', props);
    const resources = new Resources(this, 'Resources', props);
    const work = new Work(this, 'Work', props);
    const secrets = new StaleSecrets(this, 'Secrets', props);
    const broker = new BrokerErrors(this, 'Broker', props);
    new Balances(this, 'Balances', props);

    const voice = (name: Voice, section: string, meaning: string, alarms: readonly Named[], silencedBy?: Named) =>
      new CompositeAlarm(this, name, {
        name: clusterAlarm(environment, name),
        description: `${environment}: ${meaning}. Its child alarms show which. docs/cluster-alarms.md, "${section}".`,
        alarms,
        actions,
        ...(silencedBy !== undefined && { silencedBy }),
      });
    const manager = voice('manager-unhealthy', 'Manager', 'the manager is missing, reports nothing or fails', [
      capacity.noManager,
      capacity.managerSilent,
      ...machines.alarms.manager,
    ]);
    voice(
      'machines-filling',
      'Disks and memory',
      'a disk, the memory of a machine or Valkey is nearly full',
      resources.alarms,
    );
    voice('secrets-stale', 'Secrets', 'instances do not apply changed secrets', secrets.alarms);
    // Without a manager nothing else works: whoever hears of it needs no more.
    voice(
      'provers-unhealthy',
      'Provers',
      'provers are missing or failing',
      [capacity.proversShort, ...machines.alarms.prover],
      manager,
    );
    voice('agents-failing', 'Agents', 'agents of Bento log errors', machines.agentErrors, manager);
    voice('work-waiting', 'Work', 'tasks are queued and not worked on', work.alarms, manager);
    voice('broker-unhealthy', 'Broker', 'the broker logs errors', broker.alarms, manager);
  }
}
