import { describeWith, skipped } from '../../support/tools';
import { answers } from './python';

/** Runs a piece of Python in an empty folder; what it leaves in `result`. */
const inFolder = async (code: string, name = 'secret.env'): Promise<unknown> => {
  const [answer] = (
    await answers(
      `
import grp, os, pwd, shutil, tempfile
from pathlib import Path
from bento_boot import files
me = (pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name)
def write(content, mode=0o600, owner=me[0], group=me[1]):
    return files.write(file, content, mode, owner, group)
def answer(_):
    global file, folder
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "${name}"
        scope = {**globals()}
        exec(${JSON.stringify(code)}, scope)
        return scope["result"]`,
      [null],
    )
  ).answers;
  if (answer?.value === undefined) throw new Error(JSON.stringify(answer));
  return answer.value;
};

const facts = 'oct(file.stat().st_mode & 0o777), file.read_text()';

describeWith(['python3-boto3'], 'a file', () => {
  test('is there whole, with its mode, whatever the umask', async () => {
    expect(await inFolder(`os.umask(0)\nresult = [write("a=1\\n"), ${facts}, sorted(os.listdir(folder))]`)).toEqual([
      true,
      '0o600',
      'a=1\n',
      ['secret.env'],
    ]);
  });

  test('is not written when it is right already', async () => {
    expect(
      await inFolder(
        `write("ä")\nseen = lambda: (file.stat().st_ino, file.stat().st_mtime_ns)\nbefore = seen()\nresult = [write("ä"), before == seen()]`,
      ),
    ).toEqual([false, true]);
  });

  test('is written again for its content or its mode', async () => {
    expect(
      await inFolder(
        `write("a")\nresult = [write("b"), write("b", 0o644), write("b", 0o644), ${facts}]\nfile.write_bytes(b"\\xff")\nresult += [write("b", 0o644), ${facts}]`,
      ),
    ).toEqual([true, true, false, '0o644', 'b', true, '0o644', 'b']);
  });

  test('has its owner and mode before its content', async () => {
    expect(
      await inFolder(`
seen = []
chown, fchmod = shutil.chown, os.fchmod
def noted(name, change, size):
    def call(target, *rest):
        seen.append([name, size(target)])
        return change(target, *rest)
    return call
shutil.chown = noted("owner", chown, lambda path: os.stat(path).st_size)
os.fchmod = noted("mode", fchmod, lambda handle: os.fstat(handle).st_size)
write("secret")
result = seen`),
    ).toEqual([
      ['owner', 0],
      ['mode', 0],
    ]);
  });

  test.each(['os.fsync', 'os.replace', 'shutil.chown'])('stays as it was when %s fails', async (name) => {
    expect(
      await inFolder(`
write("before")
def fails(*_, **__):
    raise OSError("no space left")
kept, ${name} = ${name}, fails
try:
    write("after")
    said = "nothing"
except OSError as error:
    said = str(error)
${name} = kept
result = [said, ${facts}, os.listdir(folder)]`),
    ).toEqual(['no space left', '0o600', 'before', ['secret.env']]);
  });

  describe('that a program watches', () => {
    const watched = (code: string) => inFolder(code, 'broker.toml');

    test('keeps its inode and its length, and is the same with empty lines at its end', async () => {
      expect(
        await watched(`
result = [write("first = 1\\n")]
before = file.stat().st_ino
for text in ("second = 22222\\n", "a = 3\\n", "a = 3\\n"):
    result += [write(text), file.read_text()]
result.append(file.stat().st_ino == before)`),
      ).toEqual([
        true,
        true,
        'second = 22222\n',
        true,
        'a = 3\n'.padEnd(15, '\n'),
        false,
        'a = 3\n'.padEnd(15, '\n'),
        true,
      ]);
    });

    test('has its values of before where there is no room for the new ones', async () => {
      expect(
        await watched(`
write("a = 1\\n")
pwrite = os.pwrite
os.pwrite = lambda handle, data, offset: pwrite(handle, data[:4], offset)
try:
    write("b = 2222222222222222\\n")
    problem = "none"
except OSError as error:
    problem = str(error)
os.pwrite = pwrite
result = [problem.replace(str(folder), ""), file.read_text().rstrip(chr(0) + chr(10))]`),
      ).toEqual(['/broker.toml stays as it was: no room for 21 bytes', 'a = 1']);
    });
  });

  const others = () => {
    test('is written again for its owner or its group', async () => {
      expect(
        await inFolder(`
result = [write("a", group="daemon"), write("a", group="daemon")]
result += [write("a", owner="daemon"), file.owner(), file.group()]`),
      ).toEqual([true, false, true, 'daemon', 'root']);
    });
  };
  if (process.getuid?.() === 0) others();
  else skipped('and of others', 'needs root', others);
});
