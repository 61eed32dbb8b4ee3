// Texts are English; dates and numbers are written as the reader's English has them.
const locale = navigator.languages.find((l) => /^en\b/.test(l)) ?? 'en-GB';

const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' });
const moment = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
const time = new Intl.DateTimeFormat(locale, { timeStyle: 'short' });
const number = new Intl.NumberFormat(locale);

/** A day such as 2024-01-01, which is the same in every time zone. */
export function formatDay(date: string): string {
  const parsed = new Date(`${date}T00:00:00Z`);
  return Number.isNaN(parsed.getTime()) ? date : day.format(parsed);
}

/** A moment in the reader's time zone. */
export function formatMoment(timestamp: string): string {
  const parsed = new Date(timestamp);
  return Number.isNaN(parsed.getTime()) ? timestamp : moment.format(parsed);
}

/** The time of day of a moment. */
export function formatTime(timestamp: string | number): string {
  return time.format(new Date(timestamp));
}

export function formatNumber(value: number): string {
  return number.format(value);
}

/** Bytes in the unit that people use for files: 1 MB is 1024 × 1024 bytes. */
export function formatBytes(bytes: number, decimals?: number): string {
  if (bytes < 1024) return plural(bytes, 'byte');
  const [value, unit] = bytes < 1024 * 1024 ? [bytes / 1024, 'KB'] : [bytes / 1024 / 1024, 'MB'];
  return `${Number(value.toFixed(decimals ?? (value < 10 ? 1 : 0)))} ${unit}`;
}

/** Two sizes with as many decimals as it takes to see that they are not the same. */
export function formatSizes(one: number, other: number): [string, string] {
  for (const decimals of [undefined, 1, 2]) {
    const texts: [string, string] = [formatBytes(one, decimals), formatBytes(other, decimals)];
    if (texts[0] !== texts[1]) return texts;
  }
  return [plural(one, 'byte'), plural(other, 'byte')];
}

/** A count with its noun. */
export function plural(count: number, noun: string): string {
  return `${formatNumber(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** How old somebody born on that day is; empty for a day to come. */
export function formatAge(birthDate: string, now = new Date()): string {
  const [year, month, dayOfMonth] = birthDate.split('-').map(Number);
  if (year === undefined || month === undefined || dayOfMonth === undefined) return '';
  const early = now.getDate() < dayOfMonth ? 1 : 0;
  const months = (now.getFullYear() - year) * 12 + now.getMonth() + 1 - month - early;
  if (months >= 24) return `${plural(Math.floor(months / 12), 'year')} old`;
  if (months >= 2) return `${plural(months, 'month')} old`;
  const days = Math.floor((now.getTime() - new Date(year, month - 1, dayOfMonth).getTime()) / 86_400_000);
  if (days < 0) return '';
  return days < 14 ? `${plural(days, 'day')} old` : `${plural(Math.floor(days / 7), 'week')} old`;
}
