import { beforeEach, describe, expect, test, vi } from 'vitest';
import { inspect, maxSize, sha256, sniff } from './inspect.ts';

const png = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const jpeg = [0xff, 0xd8, 0xff, 0xe0];
const webp = [...bytes('RIFF'), 1, 2, 3, 4, ...bytes('WEBPVP8 ')];

function bytes(text: string): number[] {
  return [...text].map((c) => c.charCodeAt(0));
}

function file(content: number[] | string, name = 'minka.png', size?: number): File {
  const part = typeof content === 'string' ? content : new Uint8Array(content);
  const made = new File([part], name, { type: 'image/png' });
  if (size !== undefined) Object.defineProperty(made, 'size', { value: size });
  return made;
}

describe('sniff', () => {
  test.each([
    ['image/png', png],
    ['image/jpeg', jpeg],
    ['image/webp', webp],
    [undefined, png.slice(0, 7)],
    [undefined, [0xff, 0xd8]],
    [undefined, bytes('RIFFxxxxWAVE    ')],
    [undefined, [0, ...png]],
    [undefined, []],
  ])('%s', (type, content) => {
    expect(sniff(new Uint8Array(content))).toBe(type);
  });
});

describe('inspect', () => {
  const close = vi.fn();
  beforeEach(() => vi.stubGlobal('createImageBitmap', async () => ({ close })));

  test('goes by the content, and not by the name', async () => {
    expect(await inspect(file(jpeg, 'minka.png'))).toBe('image/jpeg');
    expect(await inspect(file(png, 'minka.png', maxSize))).toBe('image/png');
    expect(close).toHaveBeenCalledTimes(2);
  });

  test('refuses what cannot be decoded', async () => {
    vi.stubGlobal('createImageBitmap', () =>
      Promise.reject(new DOMException('The source image could not be decoded.')),
    );
    await expect(inspect(file(png, 'cut.png'))).rejects.toThrow('“cut.png” is damaged');
  });

  test.each([
    [file('', 'none.png'), '“none.png” is empty.'],
    [file('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'), '“minka.png” is an SVG drawing'],
    [file('<?xml version="1.0"?>\n<!-- c --><svg/>'), 'an SVG drawing'],
    [file('  <!DOCTYPE html><script>alert(1)</script>'), 'an HTML page'],
    [file('<script>alert(1)</script>'), 'an HTML page'],
    [file('GIF89a'), 'a GIF'],
    [file('%PDF-1.7'), 'a PDF'],
    [file('PK\x03\x04'), 'a ZIP archive'],
    [file('BM6'), 'a bitmap'],
    [file('\0\0\0\x18ftypheic'), 'a HEIC'],
    [file('hello'), 'something else'],
    [file(png, 'large.png', maxSize + 1), '“large.png” has 10,485,761 bytes. A photo has at most 10,485,760 bytes.'],
    [file(png, 'huge.png', 52_428_800), '“huge.png” has 50 MB. A photo has at most 10 MB.'],
  ])('refuses %#', async (chosen, message) => {
    await expect(inspect(chosen)).rejects.toThrow(message);
  });
});

test('sha256 is that of the bytes, in base64', async () => {
  expect(await sha256(new Blob([]))).toBe('47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=');
  expect(await sha256(new Blob(['abc']))).toBe('ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=');
});
