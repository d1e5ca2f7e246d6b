interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** Names of values, from `least` on. */
  readonly words?: readonly string[];
  /** Forms beside values, ranges and steps. */
  readonly also?: RegExp;
}

/** The fields of a cron expression (Amazon EventBridge User Guide, "Cron expressions reference"). */
const fields: readonly Field[] = [
  { name: 'minutes', least: 0, most: 59 },
  { name: 'hours', least: 0, most: 23 },
  { name: 'day of month', least: 1, most: 31, also: /^(\?|L|LW|([1-9]|[12]\d|3[01])W)$/ },
  {
    name: 'month',
    least: 1,
    most: 12,
    words: ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'],
  },
  {
    name: 'day of week',
    least: 1,
    most: 7,
    words: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'],
    also: /^(\?|L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)#[1-5])$/i,
  },
  { name: 'year', least: 1970, most: 2199 },
];

const form = 'is not a schedule; use rate(<n> hours), rate(<n> days) or the six fields of cron(0 10 * * ? *)';

/** What is wrong with a schedule of EventBridge, and the fix; undefined where nothing is. */
export function scheduleProblem(expression: string): string | undefined {
  if (/^rate\([1-9]\d* (hour|day)s?\)$/.test(expression)) return undefined;
  const values = /^cron\(([^\s()]+(?: [^\s()]+){5})\)$/.exec(expression)?.[1]?.split(' ');
  if (values === undefined) return form;
  const wrong = fields.find((field, index) => !isRight(values[index] ?? '', field));
  if (wrong !== undefined)
    return `has ${JSON.stringify(values[fields.indexOf(wrong)])} for the ${wrong.name}; give values from ${wrong.least} to ${wrong.most}, such as in cron(0 10 * * ? *)`;
  const [, , dayOfMonth, month, dayOfWeek] = values;
  if ((dayOfMonth === '?') === (dayOfWeek === '?'))
    return 'must have ? for the day of month or for the day of week, and not for both; use for example cron(0 10 * * ? *)';
  return neverComes(dayOfMonth ?? '', month ?? '')
    ? `names a day that month ${month ?? ''} never has; choose a day from 1 to 28`
    : undefined;
}

function isRight(value: string, field: Field): boolean {
  return value.split(',').every((part) => {
    if (field.also?.test(part) === true) return part !== '?' || value === '?';
    const [whole = '', step, ...more] = part.split('/');
    if (more.length > 0 || (step !== undefined && !/^[1-9]\d*$/.test(step))) return false;
    if (whole === '*') return true;
    const ends = whole.split('-').map((end) => numberOf(end, field));
    const [first, last = first] = ends;
    return ends.length <= 2 && first !== undefined && last !== undefined && first <= last;
  });
}

function numberOf(text: string, { least, most, words = [] }: Field): number | undefined {
  const word = words.indexOf(text.toUpperCase());
  const number = word >= 0 ? word + least : /^\d+$/.test(text) ? Number(text) : -1;
  return number >= least && number <= most ? number : undefined;
}

/** Only for one day in one month: those are the ones that people get wrong. */
function neverComes(dayOfMonth: string, month: string): boolean {
  const months = fields.find(({ name }) => name === 'month');
  const number = months === undefined ? undefined : numberOf(month, months);
  return number !== undefined && /^\d+$/.test(dayOfMonth) && Number(dayOfMonth) > new Date(2024, number, 0).getDate();
}
