import { EventBridgeClient, TestEventPatternCommand } from '@aws-sdk/client-eventbridge';

/** Whether EventBridge would hand the event to the rule's targets. */
export async function matches(events: EventBridgeClient, pattern: string, event: unknown): Promise<boolean> {
  const { Result } = await events.send(
    new TestEventPatternCommand({ EventPattern: pattern, Event: JSON.stringify(event) }),
  );
  return Result === true;
}
