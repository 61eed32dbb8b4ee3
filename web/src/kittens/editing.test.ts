import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Api } from '../api/client.ts';
import { ApiError, NetworkError, SessionEndedError } from '../api/errors.ts';
import * as data from './data.ts';
import { readDraft, writeDraft } from './drafts.ts';
import { Editing, editingOf } from './editing.ts';
import { emptyValues } from './fields.ts';

vi.mock('./data.ts', { spy: true });

const input = { name: 'Minka', breed: 'siam', birthDate: '2024-01-01', description: 'Old.' };
const values = { name: 'Minka', breed: 'Siam', birthDate: '2024-01-01', description: 'Old.' };
const base = { etag: '"3"', input };
const saved = (change: Partial<data.Kitten> = {}): data.Versioned => ({
  kitten: { ...input, kittenId: 'k', version: 4, createdAt: '', updatedAt: '', ...change },
  etag: `"${change.version ?? 4}"`,
});
const problem = (status: number, more: object = {}) =>
  new ApiError({ type: 'about:blank', title: 'x', status, ...more });

const onSaved = vi.fn();
const onUnsaved = vi.fn();
const replace = vi.mocked(data.replaceKitten);
const create = vi.mocked(data.createKitten);
const read = vi.mocked(data.readKitten);

function edit(): Editing {
  return new Editing(options());
}

function options(): ConstructorParameters<typeof Editing>[0] {
  return { api: {} as Api, id: 'k', draft: 'd', start: { values, base }, onSaved, onUnsaved };
}

beforeEach(() => {
  sessionStorage.clear();
  replace.mockReset();
  create.mockReset();
  read.mockReset();
});

describe('a draft', () => {
  test('is kept while something differs, and begun with again', () => {
    const editing = edit();
    expect([editing.changed, editing.value.restored]).toEqual([false, false]);
    editing.change({ ...values, name: 'Max' });
    expect(editing.changed).toBe(true);
    expect(readDraft('d')).toEqual({ values: { ...values, name: 'Max' }, base });
    const again = edit();
    expect(again.value).toMatchObject({ restored: true, values: { name: 'Max' } });
    again.change({ ...values, name: ' Minka ' });
    expect([again.changed, readDraft('d')]).toEqual([false, undefined]);
  });

  test('is discarded', () => {
    writeDraft('d', { values: { ...values, name: 'Max' }, base });
    const editing = edit();
    editing.discard();
    expect(editing.value).toMatchObject({ restored: false, values });
    expect(readDraft('d')).toBeUndefined();
  });

  test('goes when it is saved', async () => {
    const editing = edit();
    editing.change({ ...values, name: 'Max' });
    replace.mockResolvedValue(saved());
    await editing.save();
    expect(replace).toHaveBeenCalledWith({}, 'k', '"3"', { ...input, name: 'Max' });
    expect(onSaved).toHaveBeenCalledExactlyOnceWith(saved(), false);
    expect(readDraft('d')).toBeUndefined();
  });
});

test('what is not right is not sent, and faults go as they are corrected', async () => {
  const editing = new Editing({ ...options(), id: undefined, start: { values: emptyValues } });
  await editing.save();
  expect(Object.keys(editing.value.faults)).toEqual(['name', 'breed', 'birthDate']);
  expect(create).not.toHaveBeenCalled();
  editing.change({ ...emptyValues, name: 'Minka' });
  expect(Object.keys(editing.value.faults)).toEqual(['breed', 'birthDate']);
  editing.change({ ...emptyValues, name: '' });
  expect(Object.keys(editing.value.faults)).toEqual(['breed', 'birthDate']);
});

describe('an attempt that fails', () => {
  test('can be made once more, with what the form has by then', async () => {
    const editing = edit();
    editing.change({ ...values, name: 'Max' });
    replace.mockRejectedValueOnce(new NetworkError('gone')).mockResolvedValue(saved());
    await editing.save();
    expect(editing.value).toMatchObject({ saving: false, error: { name: 'NetworkError' } });
    expect(readDraft('d')).toBeDefined();
    editing.change({ ...values, name: 'Moritz' });
    await editing.save();
    expect(replace).toHaveBeenLastCalledWith({}, 'k', '"3"', { ...input, name: 'Moritz' });
    expect(onSaved).toHaveBeenCalledTimes(1);
    expect(readDraft('d')).toBeUndefined();
  });

  test('tells faults of fields, and nothing when the session has ended', async () => {
    const editing = edit();
    replace.mockRejectedValueOnce(problem(400, { errors: [{ pointer: '/name', detail: 'is taken' }] }));
    await editing.save();
    expect(editing.value).toMatchObject({ faults: { name: 'Name is taken.' }, error: undefined, attempt: 1 });
    replace.mockRejectedValueOnce(new SessionEndedError());
    await editing.save();
    expect(editing.value).toMatchObject({ faults: {}, error: undefined, saving: false });
  });

  test('can become a new kitten when the old one is gone', async () => {
    const editing = edit();
    replace.mockRejectedValueOnce(problem(404));
    await editing.save();
    expect(editing.value.gone).toBe(true);
    create.mockResolvedValue(saved({ kittenId: 'new' }));
    await editing.save();
    expect(create).toHaveBeenCalledWith({}, input);
    expect(onSaved).toHaveBeenCalledWith(saved({ kittenId: 'new' }), true);
  });

  test('is not made twice at the same time', async () => {
    const editing = edit();
    replace.mockResolvedValue(saved());
    await Promise.all([editing.save(), editing.save()]);
    expect(replace).toHaveBeenCalledTimes(1);
  });
});

describe('a conflict', () => {
  async function inConflict(): Promise<Editing> {
    const editing = edit();
    editing.change({ ...values, description: 'Mine.' });
    replace.mockRejectedValueOnce(problem(412));
    read.mockResolvedValueOnce(saved({ name: 'Theirs', version: 7 }));
    await editing.save();
    return editing;
  }

  test('is resolved on top of the version of the others', async () => {
    const editing = await inConflict();
    expect(editing.value.conflict).toMatchObject({
      base: input,
      mine: { description: 'Mine.' },
      current: { etag: '"7"' },
    });
    replace.mockResolvedValue(saved({ version: 8 }));
    await editing.resolve({ ...input, name: 'Theirs', description: 'Mine.' });
    expect(replace).toHaveBeenLastCalledWith({}, 'k', '"7"', { ...input, name: 'Theirs', description: 'Mine.' });
    expect(onSaved).toHaveBeenCalledTimes(1);
  });

  test('can be followed by another one, which begins with the version of before', async () => {
    const editing = await inConflict();
    replace.mockRejectedValueOnce(problem(412));
    read.mockResolvedValueOnce(saved({ name: 'Third', version: 9 }));
    await editing.resolve({ ...input, name: 'Theirs', description: 'Mine.' });
    expect(editing.value.conflict).toMatchObject({
      base: { name: 'Theirs', description: 'Old.' },
      current: { etag: '"9"' },
    });
    // A reload goes on from there.
    expect(readDraft('d')).toMatchObject({ base: { etag: '"7"' }, values: { name: 'Theirs', description: 'Mine.' } });
  });

  test('can be left for the form', async () => {
    const editing = await inConflict();
    editing.back();
    expect(editing.value).toMatchObject({ conflict: undefined, values: { description: 'Mine.' } });
  });
});

describe('a breed whose name is that of another one', () => {
  const persian = { ...input, breed: 'persian' };
  const table = [{ breedId: 'persian-cat', name: 'Persian' }];
  const editPersian = (breed: string) =>
    new Editing({ ...options(), start: { values: { ...values, breed }, base: { etag: '"3"', input: persian } } });

  test.each([
    ['before the table is there', 'Persian'],
    ['with the table', 'persian'],
  ])('stays what it is when the form was filled in %s', async (_, shown) => {
    const editing = editPersian(shown);
    editing.breeds = table;
    editing.change({ ...values, breed: shown, name: 'Max' });
    replace.mockResolvedValue(saved());
    await editing.save();
    expect(replace).toHaveBeenCalledWith({}, 'k', '"3"', { ...persian, name: 'Max' });
  });

  test('becomes the other one when that is entered', () => {
    const editing = editPersian('persian');
    editing.breeds = table;
    expect([editing.breedOf('persian'), editing.breedOf('Persian')]).toEqual(['persian', 'persian-cat']);
    expect(editing.changed).toBe(false);
    editing.change({ ...values, breed: 'Persian' });
    expect(editing.changed).toBe(true);
  });

  test('stays what it is in a draft', () => {
    const editing = editPersian('persian');
    editing.breeds = table;
    editing.change({ ...values, breed: 'persian', name: 'Max' });
    const again = editPersian('persian');
    again.breeds = table;
    expect(again.breedOf(again.value.values.breed)).toBe('persian');
  });
});

describe('while saving', () => {
  /** Begins to save, and lets the test say how it ends. */
  function saveSlowly(editing: Editing) {
    let end = (_: data.Versioned | Error) => {};
    const answered = new Promise<data.Versioned | Error>((resolve) => {
      end = resolve;
    });
    replace.mockImplementationOnce(async () => {
      const answer = await answered;
      if (answer instanceof Error) throw answer;
      return answer;
    });
    editing.change({ ...values, name: 'Max' });
    const ended = editing.save();
    const finish = async (answer: data.Versioned | Error) => {
      end(answer);
      await ended;
    };
    return { succeed: () => finish(saved()), fail: finish };
  }

  test('what is sent stays as it is', async () => {
    const editing = edit();
    const { succeed } = saveSlowly(editing);
    editing.change({ ...values, name: 'Moritz' });
    editing.discard();
    expect(editing.value).toMatchObject({ saving: true, values: { name: 'Max' } });
    expect(readDraft('d')).toMatchObject({ values: { name: 'Max' } });
    await succeed();
    expect(readDraft('d')).toBeUndefined();
  });

  test('a page that is opened again goes on with it, and a page after that begins anew', async () => {
    const editing = edit();
    const { succeed } = saveSlowly(editing);
    expect(editingOf(options())).toBe(editing);
    expect(editingOf({ ...options(), draft: 'other' })).not.toBe(editing);
    await succeed();
    expect(editingOf(options())).not.toBe(editing);
  });

  test('only a page that still shows the form is led on', async () => {
    const editing = edit();
    const onward = vi.fn();
    editing.onward = onward;
    const first = saveSlowly(editing);
    editing.onward = undefined;
    await first.succeed();
    expect(onSaved).toHaveBeenCalledExactlyOnceWith(saved(), false);
    expect(onward).not.toHaveBeenCalled();
    const again = edit();
    again.onward = onward;
    await saveSlowly(again).succeed();
    expect(onward).toHaveBeenCalledExactlyOnceWith(saved());
  });

  test('a draft of before is not said to be here again', async () => {
    writeDraft('d', { values: { ...values, name: 'Max' }, base });
    const editing = edit();
    expect(editing.value.restored).toBe(true);
    const { succeed } = saveSlowly(editing);
    expect(editingOf(options()).value.restored).toBe(false);
    await succeed();
  });

  test('another draft that took the place of the one that is saved stays', async () => {
    const { succeed } = saveSlowly(edit());
    writeDraft('d', { values: { ...values, name: 'Moritz' }, base });
    await succeed();
    expect(readDraft('d')).toMatchObject({ values: { name: 'Moritz' } });
  });

  test.each([
    [new NetworkError('The service cannot be reached.'), 'The service cannot be reached.'],
    [problem(503), 'x.'],
    [problem(404), 'It was deleted in the meantime.'],
    [problem(400, { errors: [{ pointer: '/name', detail: 'is taken' }] }), 'Name is taken.'],
    [new SessionEndedError(), 'Your session has ended.'],
  ])('a page that was left is told of %s', async (error, why) => {
    const editing = edit();
    await saveSlowly(editing).fail(error);
    expect(onUnsaved).toHaveBeenCalledExactlyOnceWith({ ...input, name: 'Max' }, why);
    expect(readDraft('d')).toMatchObject({ values: { name: 'Max' } });
  });

  test('a page that was left is told of a conflict, and one that is there shows it', async () => {
    read.mockResolvedValue(saved({ name: 'Theirs', version: 7 }));
    const left = edit();
    await saveSlowly(left).fail(problem(412));
    expect(onUnsaved).toHaveBeenCalledExactlyOnceWith(expect.anything(), 'Somebody else changed it in the meantime.');
    const there = edit();
    there.onward = () => {};
    await saveSlowly(there).fail(problem(412));
    expect(there.value.conflict).toBeDefined();
    expect(onUnsaved).toHaveBeenCalledTimes(1);
  });
});

test('the draft is that of the form again when a conflict is left after an attempt to resolve it', async () => {
  const editing = edit();
  editing.change({ ...values, description: 'Mine.' });
  read.mockResolvedValue(saved({ name: 'Theirs', version: 7 }));
  replace.mockRejectedValueOnce(problem(412));
  await editing.save();
  replace.mockRejectedValueOnce(new NetworkError('gone'));
  await editing.resolve({ ...input, name: 'Theirs' });
  editing.back();
  expect(readDraft('d')).toEqual({ values: { ...values, description: 'Mine.' }, base });
});
