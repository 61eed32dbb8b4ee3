import { h, render } from 'preact';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { useKeptFocus } from './focus.ts';

function Part({ step, otherwise }: { step: number; otherwise?: () => void }) {
  const part = useKeptFocus<HTMLDivElement>(otherwise);
  return h('div', { ref: part, tabIndex: -1, id: 'part' }, h('button', { key: step, id: `b${step}` }));
}

let root: HTMLElement;
const outside = document.createElement('button');
const focused = () => document.activeElement?.id;
const focus = (id: string) => document.getElementById(id)?.focus();

beforeEach(() => {
  root = document.createElement('div');
  outside.id = 'outside';
  document.body.append(root, outside);
  render(h(Part, { step: 1 }), root);
});

afterEach(() => {
  render(null, root);
  document.body.replaceChildren();
});

test('the focus stays in a part whose control goes', () => {
  focus('b1');
  render(h(Part, { step: 2 }), root);
  expect(focused()).toBe('part');
  render(h(Part, { step: 3 }), root);
  expect(focused()).toBe('part');
});

test('the focus stays where it is if it was elsewhere, or nowhere', () => {
  render(h(Part, { step: 2 }), root);
  expect(document.activeElement).toBe(document.body);
  focus('outside');
  render(h(Part, { step: 3 }), root);
  expect(focused()).toBe('outside');
});

test('the focus goes where it is led', () => {
  const otherwise = vi.fn(() => outside.focus());
  render(h(Part, { step: 1, otherwise }), root);
  focus('b1');
  render(h(Part, { step: 2, otherwise }), root);
  expect(focused()).toBe('outside');
  expect(otherwise).toHaveBeenCalledTimes(1);
});
