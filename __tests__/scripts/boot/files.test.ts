import { describeWith, skipped } from '../../support/tools';
import { answers } from './python';

/** Runs a piece of Python in an empty folder; what it leaves in `result`. */
const inFolder = async (code: string): Promise<unknown> => {
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
        file = folder / "secret.env"
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
