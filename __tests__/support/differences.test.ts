import { differences } from './differences';

test.each<[what: string, first: unknown, other: unknown, lines: readonly string[]]>([
  ['nothing', { a: [1, { Sid: 'x' }], b: {} }, { a: [1, { Sid: 'x' }], b: {} }, []],
  ['a value', { a: { b: 1 } }, { a: { b: 2 } }, ['- a.b: 1', '+ a.b: 2']],
  ['a member', { a: {} }, { b: null }, ['- a: {}', '+ b: null']],
  ['an item in the middle', { a: ['x', 'z'] }, { a: ['x', 'y', 'z'] }, ['+ a["y"]']],
  ['an item that is there twice', ['x'], ['x', 'x'], ['+ ["x", 1]']],
  ['the order', { a: ['x', 'y'] }, { a: ['y', 'x'] }, ['- a[]: ["\\"x\\"","\\"y\\""]', '+ a[]: ["\\"y\\"","\\"x\\""]']],
  ['a list that is empty', { a: ['x'] }, { a: [] }, ['- a["x"]', '- a[]: ["\\"x\\""]', '+ a[]: []']],
  [
    'a statement before others',
    [{ Sid: 'A', Effect: 'Allow' }],
    [
      { Sid: 'B', Effect: 'Deny' },
      { Sid: 'A', Effect: 'Deny' },
    ],
    ['- [A].Effect: "Allow"', '+ [A].Effect: "Deny"', '+ [B].Effect: "Deny"', '+ [B].Sid: "B"'],
  ],
])('%s', (_, first, other, lines) => {
  expect(differences(first, other)).toEqual(lines);
});
