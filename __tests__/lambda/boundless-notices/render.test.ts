import fc from 'fast-check';
import { link, type Notice } from '../../../lambda/boundless-notices/notice';
import { rendered } from '../../../lambda/boundless-notices/render';
import type { ChatMessage } from './support';

const notice = (changes: Partial<Notice> = {}): Notice => ({
  severity: 'bad',
  title: 'A title',
  facts: [],
  links: [],
  nextSteps: [],
  threadId: 'thread',
  ...changes,
});

function forms(of: Notice) {
  const { Message = '', Subject = '' } = rendered(of);
  const { default: chat, email } = JSON.parse(Message) as { default: string; email: string };
  return { Message, Subject, email, chat: JSON.parse(chat) as ChatMessage };
}

test('whatever is in it, a message stays within the limits of SNS and of Amazon Q', () => {
  const long = 'ü<&>\n'.repeat(20_000);
  const { Message, Subject, chat } = forms(
    notice({
      title: long,
      facts: Array.from({ length: 100 }, (_, index) => [`Fact ${index}`, long] as const),
      links: Array.from({ length: 50 }, () => ({ text: 'Log', url: `https://example.com/${'a'.repeat(150)}` })),
      nextSteps: Array.from({ length: 50 }, () => long),
    }),
  );
  expect(Subject).toMatch(/^[\x20-\x7e]{1,99}$/);
  expect(Buffer.byteLength(Message)).toBeLessThan(256 * 1024);
  expect(chat.content.title.length).toBeLessThanOrEqual(250);
  expect(chat.content.description.length).toBeLessThanOrEqual(8000);
});

test('nothing in a message can mention people or make links in the chat', () => {
  const { chat, email } = forms(
    notice({ title: '<!channel> a & b', facts: [['Why', '<https://evil.example|click>']], nextSteps: ['<@U1>'] }),
  );
  expect(chat.content.title).toBe(':x: &lt;!channel&gt; a &amp; b');
  expect(chat.content.description).toBe('*Why:* &lt;https://evil.example|click&gt;');
  expect(chat.content.nextSteps).toEqual(['&lt;@U1&gt;']);
  expect(chat.metadata.summary).toBe('&lt;!channel&gt; a &amp; b');
  expect(email).toContain('Why: <https://evil.example|click>');
});

describe('whatever its texts are made of', () => {
  const hostile = [
    ['a bidirectional override', 'image \u202etxt.exe', 'image  txt.exe'],
    ['isolates', '\u2066ami-1\u2069', 'ami-1'],
    ['a zero-width space', 'pro\u200bver', 'pro ver'],
    ['control characters', 'a\u0000b\u001b[31mc', 'a b [31mc'],
    ['half of a surrogate pair', 'a\ud83d', 'a\ufffd'],
    ['line breaks of every kind', 'a\r\nb\u2028c\u0085d', 'a b c d'],
  ] as const;

  test.each(hostile)('%s: all fields are cleaned', (_, text, clean) => {
    const { chat, email } = forms(
      notice({
        title: text,
        facts: [[text, text]],
        links: [{ text, url: 'https://example.com' }],
        nextSteps: [text],
        threadId: text,
      }),
    );
    expect(email).toBe(`${clean}\n\n${clean}: ${clean}\n\n- ${clean}\n\n${clean}:\nhttps://example.com`);
    expect(chat.content).toEqual({
      textType: 'client-markdown',
      title: `:x: ${clean}`,
      description: `*${clean}:* ${clean}\n<https://example.com|${clean}>`,
      nextSteps: [clean],
    });
    expect(chat.metadata).toEqual({ threadId: clean, summary: clean });
  });

  test('a plan keeps its lines, and nothing else of them', () => {
    expect(forms(notice({ facts: [['Plan', '2 to change\r\n\u202e1 to add\n\n\u0007']] })).email).toBe(
      'A title\n\nPlan: 2 to change\n1 to add',
    );
  });

  test('a value without a visible character is left out', () => {
    expect(forms(notice({ facts: [['Why', '\u200b\n ']] })).email).toBe('A title');
  });

  test.each([0, 1, 2])('a character of two units is never split where a text is cut (%i)', (shift) => {
    const long = `${'a'.repeat(shift)}${'\u{1f600}'.repeat(2000)}`;
    const { Message } = forms(
      notice({
        title: long,
        facts: [
          [long, long],
          ['Plan', long],
        ],
        nextSteps: [long],
        threadId: long,
      }),
    );
    expect(Message).not.toMatch(/\ufffd|\\ud[89a-f]/i);
    expect(Message.isWellFormed()).toBe(true);
  });

  test('no message holds what is invisible, and each is within its limits', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc
        .array(fc.constantFrom('\ud83d', '\ude00', '\u202e', '\u2066', '\n', '<', '&', 'x'), { maxLength: 900 })
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, text, text, (one, two, three) => {
        const { Message, Subject, chat, email } = forms(
          notice({
            title: one,
            facts: Array.from({ length: 25 }, () => [two, three] as const),
            links: [{ text: one, url: 'https://example.com' }],
            nextSteps: [two],
            threadId: three,
          }),
        );
        const { title, description, nextSteps = [] } = chat.content;
        const texts = [email, title, description, ...nextSteps, chat.metadata.threadId, chat.metadata.summary];
        for (const shown of texts) {
          expect(shown.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
          expect(shown.isWellFormed()).toBe(true);
        }
        expect(Subject).toMatch(/^Boundless: [\x20-\x7e]{0,88}$/);
        expect(title.length).toBeLessThanOrEqual(250);
        expect(description.length).toBeLessThanOrEqual(8000);
        expect(chat.metadata.threadId.length).toBeLessThanOrEqual(200);
        expect(chat.metadata.summary.length).toBeLessThanOrEqual(150);
        expect(Buffer.byteLength(Message)).toBeLessThan(256 * 1024);
      }),
      { seed: 20260901, numRuns: 200 },
    );
  });
});

test.each([
  'http://example.com',
  'javascript:alert(1)',
  'https://a b',
  'https://example.com/|x',
  'https://a\u202eb',
  'https://a\u0000b',
  '',
  undefined,
])('%j is no address of a page', (url) => {
  expect(link('Log', url)).toEqual([]);
});
