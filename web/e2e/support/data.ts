import { createHash } from 'node:crypto';
import type { components } from '../../src/api/schema.gen.ts';
import { api, createKitten, deleteAll, readKitten } from './api.ts';
import { visit } from './browser.ts';
import { http, type Tenant } from './cloud.ts';
import { draw, looks } from './pictures.ts';

type Input = components['schemas']['KittenInput'];

const kittens: Input[] = [
  {
    name: 'Minka',
    breed: 'british-shorthair',
    birthDate: '2026-07-02',
    description:
      'Sleeps on keyboards, preferably while somebody types. Comes when she hears a tin being opened, from any room.',
  },
  {
    name: 'Oscar',
    breed: 'maine-coon',
    birthDate: '2026-05-18',
    description: 'Large, gentle and afraid of the vacuum cleaner. Needs brushing twice a week.',
  },
  {
    name: 'Luna',
    breed: 'siamese',
    birthDate: '2026-09-11',
    description: 'Talks all day. Vaccinated on 3 November; the second dose is due in December.',
  },
  {
    name: 'Pepper',
    breed: 'european-shorthair',
    birthDate: '2025-12-24',
    description: 'Found in the café’s pantry on Christmas Eve, and stayed.',
  },
  {
    name: 'Sir Archibald von Schnurrenstein',
    breed: 'norwegian-forest-cat',
    birthDate: '2024-02-29',
    description: 'Prefers the window seat with a view of the bakery. Keyboards bore him.',
  },
  {
    name: 'Mochi',
    breed: 'ragdoll',
    birthDate: '2026-08-30',
    description: 'Goes limp when carried, like a warm scarf.',
  },
  { name: 'Biscuit', breed: 'scottish-fold', birthDate: '2026-04-07' },
  {
    name: 'Nala',
    breed: 'bengal',
    birthDate: '2026-03-15',
    description: 'Opens doors, drawers and, once, the fridge. Watch her near water: she likes it.',
  },
];

/** Kittens with pictures: as many as there are looks. The others have none. */
export async function fillTenant(tenant: Tenant): Promise<Map<string, string>> {
  await deleteAll(tenant);
  const ids = new Map<string, string>();
  const pictures: Buffer[] = [];
  await visit(async ({ page }) => {
    for (const look of looks) pictures.push(await draw(page, look, 'image/jpeg'));
  });
  for (const [i, input] of kittens.entries()) {
    const { kittenId } = await createKitten(tenant, input);
    ids.set(input.name, kittenId);
    const picture = pictures[i];
    if (picture) await sendPhoto(tenant, kittenId, picture);
  }
  return ids;
}

/** sendPhoto sends a photo as any client does, and waits until it is stored. */
export async function sendPhoto(tenant: Tenant, kittenId: string, picture: Buffer): Promise<void> {
  const sha256 = createHash('sha256').update(picture).digest('base64');
  const asked = await api(tenant, 'POST', `/kittens/${kittenId}/photo`, {
    contentType: 'image/jpeg',
    size: picture.length,
    sha256,
  });
  const { url, headers } = asked.json<components['schemas']['PhotoUpload']>();
  const sent = await http(url, { method: 'PUT', headers, body: picture });
  if (sent.status !== 200) throw new Error(`sending a photo of ${kittenId}: ${sent.status} ${sent.body}`);
  for (const end = Date.now() + 30_000; ; ) {
    const { photo } = await readKitten(tenant, kittenId);
    if (photo?.status === 'stored') return;
    if (photo?.status === 'rejected' || Date.now() > end)
      throw new Error(`the photo of ${kittenId} is ${photo?.status}: ${photo?.reason}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
