import { expect, test } from 'vitest';
import { applyBrand, isLight } from './brand.tsx';
import { initials } from './menu.tsx';

test.each([
  ['#ffffff', true],
  ['#ffd400', true],
  ['#0f766e', false],
  ['#3451c6', false],
  ['#000000', false],
])('%s is light: %s', (color, light) => {
  expect(isLight(color)).toBe(light);
});

test('sets the colour as a custom property', () => {
  applyBrand(undefined);
  expect(document.documentElement.style.getPropertyValue('--brand')).toBe('');
  applyBrand('#ffd400');
  expect(document.documentElement.style.getPropertyValue('--brand')).toBe('#ffd400');
  expect(document.documentElement.style.getPropertyValue('--on-brand')).toBe('#1a2230');
});

test.each([
  ['Admin of Acme', 'AA'],
  ['reader@tabby-cafe', 'RC'],
  ['Émile', 'É'],
  ['', ''],
  ['😀 x', '😀X'],
])('initials of %s', (name, want) => {
  expect(initials(name)).toBe(want);
});
