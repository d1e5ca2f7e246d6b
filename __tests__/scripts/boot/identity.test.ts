import { describeWith } from '../../support/tools';
import { answers, pythonPackages, type Answer } from './python';

interface Case {
  readonly image?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** Content of instance.json; without it there is no such file. */
  readonly file?: string;
}

const purposes = async (cases: readonly Case[]): Promise<readonly Answer[]> =>
  (
    await answers(
      `
import dataclasses, tempfile
from pathlib import Path
from bento_boot.identity import read_purpose
from bento_boot.release import Release
class Tags:
    def __init__(self, tags):
        self.tags = tags
    def get(self, path):
        return self.tags.get(path.removeprefix("tags/instance/"))
def answer(given):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "instance.json"
        if "file" in given:
            file.write_text(given["file"])
        release = Release(given.get("image", "bento"), "v1.2.2", "v1.2.2")
        return " ".join(dataclasses.astuple(read_purpose(Tags(given.get("tags", {})), release, file)))`,
      cases,
    )
  ).answers;

const tags = { Role: 'manager', Environment: 'staging' };
const json = (value: unknown) => JSON.stringify(value);

describeWith(pythonPackages, 'what an instance is for', () => {
  test('tags name it, or user data, or both', async () => {
    expect(
      await purposes([
        { tags },
        { file: json({ role: 'prover', environment: 'production' }) },
        { tags, file: json({ role: 'manager', environment: 'staging' }) },
        { tags: { Environment: 'staging' }, file: json({ role: 'prover' }) },
        { tags, image: 'manager' },
        { tags: { ...tags, Role: 'prover' }, image: 'prover' },
      ]),
    ).toEqual(
      [
        'manager staging',
        'prover production',
        'manager staging',
        'prover staging',
        'manager staging',
        'prover staging',
      ].map((value) => ({ value })),
    );
  });

  const refused: readonly (readonly [string, Case, RegExp])[] = [
    ['no role', {}, /this instance has no role; set the tag Role .* or write it to \/etc\/bento/],
    ['no environment', { tags: { Role: 'prover' } }, /this instance has no environment/],
    ['an empty tag', { tags: { ...tags, Role: '' } }, /this instance has no role/],
    [
      'user data and tag with different roles',
      { tags, file: json({ role: 'prover' }) },
      /role 'prover', the tag Role has 'manager'/,
    ],
    [
      'user data and tag with different environments',
      { tags, file: json({ environment: 'production' }) },
      /make them agree, or drop one/,
    ],
    ['an unknown role', { tags: { ...tags, Role: 'worker' } }, /the role 'worker' is unknown; use manager or prover/],
    ['no name of an environment', { tags: { ...tags, Environment: '../x' } }, /environment '\.\.\/x' is no name/],
    ['a role that the image lacks', { tags, image: 'prover' }, /this is a prover image, and the role is manager/],
    ['half a file', { tags, file: '{"role": ' }, /instance\.json is no JSON object such as/],
    ['a list', { tags, file: '[]' }, /instance\.json is no JSON object of texts/],
    ['a number', { tags, file: json({ environment: 5 }) }, /instance\.json is no JSON object of texts/],
    ['a misspelt key', { tags, file: json({ Role: 'manager' }) }, /instance\.json has Role, which nothing reads/],
  ];
  let given: readonly Answer[];
  beforeAll(async () => {
    given = await purposes(refused.map(([, one]) => one));
  });
  test.each(refused.map(([name, , reason], index) => [name, index, reason] as const))(
    '%s: refused',
    (_, index, reason) => {
      expect(given[index]).toEqual({ refused: expect.stringMatching(reason) as string });
    },
  );
});

describeWith(pythonPackages, 'what the bake wrote down', () => {
  const read = async (contents: readonly (string | null)[]) =>
    (
      await answers(
        `
import tempfile
from pathlib import Path
from bento_boot.release import read_release
def answer(given):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "release.json"
        if given is not None:
            file.write_text(given)
        release = read_release(file)
        return [release.image, release.bento_from("1.1.0"), release.bento_from("1.10.0"), release.broker_from("1.0.0")]`,
        contents,
      )
    ).answers;

  test('are the image and its releases, compared as numbers', async () => {
    const given = { image: 'bento', version: 'v1.9.2', broker_version: '1.0.0' };
    expect(await read([json(given)])).toEqual([{ value: ['bento', true, false, true] }]);
  });

  test('or the error asks to bake the image again', async () => {
    const wrong = [null, '{', '[]', '{}', json({ image: 'bento', version: 'latest', broker_version: 'v1' })];
    for (const answer of await read([...wrong, json({ image: 'bento', version: 1, broker_version: 'v1' })]))
      expect(answer).toEqual({
        refused: expect.stringMatching(/release\.json does not describe this image .*bake the image again/) as string,
      });
  });
});
