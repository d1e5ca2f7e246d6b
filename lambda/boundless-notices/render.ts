import type { PublishCommandInput } from '@aws-sdk/client-sns';
import type { Notice } from './notice';
import { cut, oneLine, severalLines } from './text';

/**
 * SNS takes less than 100 ASCII characters without line breaks (Amazon SNS API Reference, "Publish"); Amazon Q takes titles
 * of 250 characters and descriptions of 8,000, and shows no message that is longer.
 */
const limits = {
  subject: 99,
  title: 200,
  name: 100,
  value: 500,
  headline: 1500,
  facts: 20,
  steps: 5,
  links: 5,
  step: 300,
  chatFacts: 4000,
  chatLinks: 3900,
  threadId: 200,
  summary: 150,
};

const valueOf = (name: string, value: string): string =>
  name === 'Plan' ? severalLines(value, limits.headline) : oneLine(value, limits.value);

/**
 * Only what is shown, and the one place where texts are cleaned: a notice can have any number of facts, and what builds,
 * tags, people and AWS's errors call things is of any length and of any characters.
 */
const bounded = ({ severity, title, facts, links, nextSteps, threadId }: Notice): Notice => ({
  severity,
  title: oneLine(title, limits.title),
  facts: facts
    .map(([name, value]) => [oneLine(name, limits.name), valueOf(name, value)] as const)
    .filter(([, value]) => value !== '')
    .slice(0, limits.facts),
  links: links.slice(0, limits.links).map(({ text, url }) => ({ text: oneLine(text, limits.name), url })),
  nextSteps: nextSteps.slice(0, limits.steps).map((step) => oneLine(step, limits.step)),
  threadId: oneLine(threadId, limits.threadId),
});

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** What Slack would take for a mention, a link or an entity is shown as it is; cut by what is sent, which is longer. */
function escaped(text: string, most: number): string {
  let sent = '';
  for (const character of text) {
    const next = entities[character] ?? character;
    if (sent.length + next.length > most - 3) return `${sent}...`;
    sent += next;
  }
  return sent;
}

/** As many lines as fit; the first are the most important. */
function linesWithin(lines: readonly string[], most: number): readonly string[] {
  let length = 0;
  return lines.filter((line) => (length += line.length + 1) <= most);
}

const emoji: Readonly<Record<Notice['severity'], string>> = {
  good: ':white_check_mark:',
  bad: ':x:',
  ask: ':raised_hand:',
};

/** Amazon Q Developer in chat applications Administrator Guide, "Custom notifications": what else it silently drops. */
const forChat = ({ severity, title, facts, links, nextSteps, threadId }: Notice) => ({
  version: '1.0',
  source: 'custom',
  content: {
    textType: 'client-markdown',
    title: `${emoji[severity]} ${escaped(title, limits.title)}`,
    description: [
      ...linesWithin(
        facts.map(([name, value]) => `*${escaped(name, limits.name)}:* ${escaped(value, limits.headline)}`),
        limits.chatFacts,
      ),
      ...linesWithin(
        links.map(({ text, url }) => `<${url.replaceAll('&', '&amp;')}|${escaped(text, limits.name)}>`),
        limits.chatLinks,
      ),
    ].join('\n'),
    ...(nextSteps.length > 0 && { nextSteps: nextSteps.map((step) => escaped(step, limits.step)) }),
  },
  metadata: { threadId, summary: escaped(title, limits.summary) },
});

const forMail = ({ title, facts, links, nextSteps }: Notice): string =>
  [
    title,
    facts.map(([name, value]) => `${name}: ${value}`).join('\n'),
    nextSteps.map((step) => `- ${step}`).join('\n'),
    links.map(({ text, url }) => `${text}:\n${url}`).join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n');

/**
 * A notice as SNS sends it: plain text by e-mail, and to everything else the form that Amazon Q reads (Amazon SNS
 * Developer Guide, "Publishing with different payloads for each protocol").
 */
export function rendered(notice: Notice): Pick<PublishCommandInput, 'Message' | 'MessageStructure' | 'Subject'> {
  const short = bounded(notice);
  const ascii = short.title.replace(/[^\x20-\x7e]/g, '?');
  return {
    Subject: cut(`Boundless: ${ascii}`, limits.subject),
    MessageStructure: 'json',
    Message: JSON.stringify({ default: JSON.stringify(forChat(short)), email: forMail(short) }),
  };
}
