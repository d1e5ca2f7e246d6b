import { OperatorError } from '../common/errors';
import type { ReadStream } from 'node:tty';

/** The person at the keyboard has changed their mind. */
export class CancelledError extends OperatorError {
  override readonly name = 'CancelledError';
}

const keys = { enter: ['\r', '\n'], end: '\u0004', cancel: '\u0003', back: ['\u007f', '\b'] };

/** A line from a terminal that shows nothing of it. */
function typed(terminal: ReadStream, ask: (text: string) => void, prompt: string): Promise<string> {
  // First of all: what is pasted as soon as it is asked for would be shown.
  terminal.setRawMode(true).setEncoding('utf8').resume();
  ask(prompt);
  return new Promise((resolve, reject) => {
    let value = '';
    const end = (finish: () => void): void => {
      terminal.off('data', onData).setRawMode(false).pause();
      ask('\n');
      finish();
    };
    const onData = (text: string): void => {
      for (const character of text) {
        if (character === keys.cancel) {
          end(() => {
            reject(new CancelledError('Nothing was changed.'));
          });
          return;
        }
        if (keys.enter.includes(character) || character === keys.end) {
          end(() => {
            resolve(value);
          });
          return;
        }
        value = keys.back.includes(character) ? value.slice(0, -1) : value + character;
      }
    };
    terminal.on('data', onData);
  });
}

/**
 * A secret from standard input: what is typed is not shown, what is piped is read to its end. Never from an argument,
 * which the shell's history and the process list would show.
 */
export async function readSecret(prompt: string): Promise<string> {
  const { stdin } = process;
  if (stdin.isTTY) return (await typed(stdin, (text) => process.stderr.write(text), prompt)).trim();
  let text = '';
  for await (const part of stdin.setEncoding('utf8')) text += String(part);
  return text.trim();
}
