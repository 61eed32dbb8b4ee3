import { schemas } from '../api/contract.gen.ts';
import { formatSizes } from '../ui/format.ts';

const { contentType } = schemas.PhotoInput.properties;

/** Media type of a photo, as the contract allows them. */
export type PhotoType = (typeof contentType.enum)[number];

/** Types that a file dialog offers. */
export const acceptedTypes: string = contentType.enum.join(',');

/** How large a photo may be in bytes. */
export const maxSize: number = schemas.PhotoSize.maximum;

/** What people call the types. */
export const typeNames = 'PNG, JPEG or WebP';

/** PhotoError says why a file cannot be a photo. */
export class PhotoError extends Error {}

/**
 * Finds the type of a picture by its first bytes, whatever its name says (WHATWG MIME Sniffing, section 6.1).
 */
export function sniff(bytes: Uint8Array): PhotoType | undefined {
  const at = (offset: number, ...expected: number[]) => expected.every((b, i) => bytes[offset + i] === b);
  if (at(0, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'image/png';
  if (at(0, 0xff, 0xd8, 0xff)) return 'image/jpeg';
  // RIFF, a length, WEBPVP
  if (at(0, 0x52, 0x49, 0x46, 0x46) && at(8, 0x57, 0x45, 0x42, 0x50, 0x56, 0x50)) return 'image/webp';
  return undefined;
}

/** What a file is that is none of the types, if that can be told. */
function nameOf(head: Uint8Array): string {
  const text = new TextDecoder('latin1')
    .decode(head)
    .replace(/^(ï»¿)?\s+/, '')
    .toLowerCase();
  if (/<svg[\s/>]/.test(text)) return 'an SVG drawing';
  if (/^<(!doctype html|html|head|body|script|!--)/.test(text)) return 'an HTML page';
  if (text.startsWith('gif8')) return 'a GIF';
  if (text.startsWith('%pdf-')) return 'a PDF';
  if (text.startsWith('pk\x03\x04')) return 'a ZIP archive';
  if (text.startsWith('bm')) return 'a bitmap (BMP)';
  if (/^....ftyp(heic|heix|mif1|avif)/.test(text)) return 'a HEIC or AVIF picture';
  return 'something else';
}

/**
 * inspect checks what can be known of a file before it is sent, and returns its type. That it can be decoded is checked
 * with an image bitmap, which unlike an element is not made of a picture that is cut off.
 */
export async function inspect(file: File): Promise<PhotoType> {
  if (file.size < schemas.PhotoSize.minimum) throw new PhotoError(`“${file.name}” is empty.`);
  const head = new Uint8Array(await file.slice(0, 1024).arrayBuffer());
  const type = sniff(head);
  if (type === undefined) {
    throw new PhotoError(`“${file.name}” is ${nameOf(head)}, and not a photo. Choose a ${typeNames} file.`);
  }
  if (file.size > maxSize) {
    const [given, most] = formatSizes(file.size, maxSize);
    throw new PhotoError(`“${file.name}” has ${given}. A photo has at most ${most}.`);
  }
  try {
    (await createImageBitmap(file)).close();
  } catch {
    throw new PhotoError(`“${file.name}” is damaged: it cannot be shown as a picture.`);
  }
  return type;
}

/** The SHA-256 of a file in base64, which the signed request and storage compare. */
export async function sha256(file: Blob): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(await file.arrayBuffer())));
  return btoa(String.fromCharCode(...digest));
}
