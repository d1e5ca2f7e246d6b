import { link, type Notice } from '../../../lambda/boundless-notices/notice';
import { rendered } from '../../../lambda/boundless-notices/render';
import type { ChatMessage } from './support';

const notice = (changes: Partial<Notice> = {}): Notice => ({
  mood: 'bad',
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
  expect(email).toContain('Why: <https://evil.example|click>');
});

test.each(['http://example.com', 'javascript:alert(1)', 'https://a b', 'https://example.com/|x', '', undefined])(
  '%j is no address of a page',
  (url) => {
    expect(link('Log', url)).toEqual([]);
  },
);
