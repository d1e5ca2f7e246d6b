import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { describeWith } from '../../support/tools';
import { answers, pythonPackages } from './python';

/** A Valkey that answers each command that it gets with the next of these. */
async function asked(replies: readonly string[]) {
  let said = '';
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.endsWith('INFO memory\r\n')) socket.end(replies.join(''));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const outcome = await answers(
    'from bento_boot import valkey_memory\ndef answer(port):\n    return valkey_memory.memory_used("127.0.0.1", port)',
    [port],
  );
  server.close();
  return { answer: outcome.answers[0], said };
}

const info = (text: string) => ['+OK\r\n', `$${text.length}\r\n${text}\r\n`];

describeWith(pythonPackages, "Valkey's memory", () => {
  test('is the part of its limit that is taken, asked for without a password', async () => {
    const { answer, said } = await asked(
      info('# Memory\r\nused_memory:3000\r\nused_memory_rss:9000\r\nmaxmemory:4000\r\nmaxmemory_policy:noeviction\r\n'),
    );
    expect(answer).toEqual({ value: 0.75 });
    expect(said).toBe('AUTH bento-queue none\r\nINFO memory\r\n');
  });

  test.each<readonly [string, readonly string[], RegExp]>([
    ['no such user', ['-WRONGPASS invalid\r\n', '-NOAUTH\r\n'], /does not say .*'-WRONGPASS invalid'/],
    ['a user without the right', ['+OK\r\n', '-NOPERM no\r\n'], /does not say .*'-NOPERM no'/],
    ['one that loads its data', ['+OK\r\n', '-LOADING\r\n'], /'-LOADING'/],
    ['one that ends', [], /does not say .*''/],
    ['no limit', info('used_memory:3000\r\nmaxmemory:0\r\n'), /a limit, maxmemory, are needed/],
    ['another version that says nothing', info('# Memory\r\n'), /says nothing of its memory/],
  ])('%s is a refusal, and no number', async (_, replies, reason) => {
    const { answer } = await asked(replies);
    expect(answer).toEqual({ refused: expect.stringMatching(reason) as string });
  });

  test('no server there', async () => {
    const { answers: found } = await answers(
      'from bento_boot import valkey_memory\ndef answer(port):\n    return valkey_memory.memory_used("127.0.0.1", port)',
      [1],
    );
    expect(found).toEqual([{ refused: expect.stringMatching(/does not say .*refused/) as string }]);
  });
});
