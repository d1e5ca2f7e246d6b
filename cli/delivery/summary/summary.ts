import { changesOf, kindOf, type Change, type Plan, type ResourceChange } from './changes';
import { counts, headlineOf } from './headline';
import { describeImage, imageChanges, type KnownImages } from './images';
import { hidesOf, type Hides } from './secrets';
import { changedArguments, showChange } from './values';

/** What reviewers read before they approve a plan. */
export interface Summary {
  /** One line. */
  readonly headline: string;
  readonly markdown: string;
  readonly changes: readonly ResourceChange[];
}

export interface SummaryProps {
  readonly stack: string;
  readonly images: KnownImages;
  /** What is worth attention beside the plan. */
  readonly remarks?: readonly string[];
}

/** Sums a plan up. Sensitive values are never shown, nor parts of them. */
export function summaryOf(plan: Plan, { stack, images: known, remarks = [] }: SummaryProps): Summary {
  const changes = changesOf(plan);
  const hides = hidesOf(plan);
  const outputs = Object.entries(plan.output_changes).filter(([, change]) => kindOf(change) !== 'none');
  const images = imageChanges(changes);
  const headline = headlineOf({ stack, changes, images, known, outputs: outputs.length, remarks });
  const of = (kind: ResourceChange['kind']) => changes.filter((change) => change.kind === kind);
  const markdown = [
    `# Plan of ${stack}`,
    changes.length === 0 && outputs.length === 0 ? 'Nothing to change.' : `${counts(changes)}.`,
    section('Notes', remarks.map(escaped)),
    section('Destroyed', of('destroy').map(withReasons)),
    section(
      'Replaced',
      of('replace').map((change) => withArguments(withReasons(change), change, hides)),
    ),
    section('Forgotten: Terraform lets go of them, and they stay in AWS', of('forget').map(withReasons)),
    section(
      'Images',
      images.map(({ of: role, before, after }) =>
        before === after
          ? `${escaped(role)}: stays on ${describeImage(after, known)}`
          : `${escaped(role)}: ${describeImage(before, known)} → ${describeImage(after, known)}`,
      ),
    ),
    section(
      'Changed',
      of('update').map((change) => withArguments(code(change.address), change, hides)),
    ),
    section(
      'Created',
      of('create').map(({ address }) => code(address)),
    ),
    section(
      'Moved',
      changes.flatMap(({ movedFrom, address }) =>
        movedFrom === undefined ? [] : [`${code(movedFrom)} → ${code(address)}`],
      ),
    ),
    section(
      'Imported',
      changes.flatMap(({ importedFrom, address }) =>
        importedFrom === undefined
          ? []
          : [`${code(address)} from ${code(importedFrom === '' ? '(known later)' : importedFrom)}`],
      ),
    ),
    section(
      'Outputs',
      outputs.map((output) => outputLine(output, hides)),
    ),
    section(
      'Changed outside of Terraform since the last apply',
      plan.resource_drift.filter(({ change }) => kindOf(change) !== 'none').map(({ address }) => code(address)),
    ),
  ];
  return { headline, markdown: `${markdown.filter((part) => part !== '').join('\n\n')}\n`, changes };
}

const section = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? '' : [`## ${title} (${lines.length})`, '', ...lines.map((line) => `- ${line}`)].join('\n');

/** Code of Markdown, which no text can end: its fence is longer than any run of backticks in it. */
function code(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return longest === 0 ? `${fence}${text}${fence}` : `${fence} ${text} ${fence}`;
}

const escaped = (text: string): string => text.replace(/[\\`*_[\]<>#|]/g, '\\$&');

const withReasons = ({ address, reasons }: ResourceChange): string =>
  reasons.length === 0 ? code(address) : `${code(address)}: ${escaped(reasons.join('; '))}`;

const withArguments = (line: string, { change }: ResourceChange, hides: Hides): string =>
  [
    line,
    ...changedArguments(change, hides).map(
      ({ name, before, after }) => `  - ${code(name)}: ${code(before)} → ${code(after)}`,
    ),
  ].join('\n');

function outputLine([name, change]: readonly [string, Change], hides: Hides): string {
  const { before, after } = showChange(change, hides);
  return `${code(name)}: ${code(before)} → ${code(after)}`;
}
