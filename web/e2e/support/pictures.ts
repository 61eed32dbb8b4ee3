import type { Page } from 'playwright-core';

/** Look of a kitten in a picture. */
export interface Look {
  fur: string;
  belly: string;
  eyes: string;
  ground: [string, string];
  stripes?: boolean;
  patch?: string;
  tilt?: number;
}

export const looks: Look[] = [
  { fur: '#e39a4f', belly: '#fbe6c9', eyes: '#5d8f3c', ground: ['#fde7d0', '#f3b98a'], stripes: true, tilt: -0.08 },
  { fur: '#7c8794', belly: '#dfe4ea', eyes: '#d79a2b', ground: ['#dbe7f4', '#9db7d5'], tilt: 0.05 },
  { fur: '#2e2d33', belly: '#4a4850', eyes: '#e7c64a', ground: ['#e9e1f5', '#b7a3d8'], patch: '#f4f1ee' },
  { fur: '#f3ece3', belly: '#ffffff', eyes: '#4c8fd0', ground: ['#d9f0e6', '#8fc9b0'], patch: '#d68a45', tilt: 0.1 },
  { fur: '#c7a27c', belly: '#f1e2cf', eyes: '#3f7fb5', ground: ['#fff1c9', '#eec65f'], patch: '#5b4334', tilt: -0.05 },
  { fur: '#9b6b43', belly: '#ecd6bb', eyes: '#7aa34a', ground: ['#e3eddb', '#a3bf8a'], stripes: true, tilt: 0.06 },
];

/** draw paints a picture of a kitten in the browser and returns its file. */
export async function draw(
  page: Page,
  look: Look,
  type: 'image/png' | 'image/jpeg' | 'image/webp',
  width = 1280,
  height = 960,
): Promise<Buffer> {
  const base64 = await page.evaluate(paint, { look, type, width, height });
  return Buffer.from(base64, 'base64');
}

// It runs in the browser, so it can use nothing from outside of itself: its parts are functions inside.
function paint({ look, type, width, height }: { look: Look; type: string; width: number; height: number }): string {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const c = canvas.getContext('2d');
  if (!c) throw new Error('painting: there is no canvas');
  const sides = [-1, 1];

  function shape(fill: string, path: () => void): void {
    if (!c) return;
    c.beginPath();
    path();
    c.fillStyle = fill;
    c.fill();
  }
  function oval(fill: string, x: number, y: number, rx: number, ry: number, turn = 0): void {
    shape(fill, () => c?.ellipse(x, y, rx, ry, turn, 0, 7));
  }
  function line(color: string, thickness: number, path: (c: CanvasRenderingContext2D) => void): void {
    if (!c) return;
    c.beginPath();
    path(c);
    Object.assign(c, { strokeStyle: color, lineWidth: thickness, lineCap: 'round', lineJoin: 'round' });
    c.stroke();
  }

  function background(c: CanvasRenderingContext2D): void {
    const light = c.createRadialGradient(width * 0.5, height * 0.35, 0, width * 0.5, height * 0.5, width * 0.7);
    light.addColorStop(0, look.ground[0]);
    light.addColorStop(1, look.ground[1]);
    c.fillStyle = light;
    c.fillRect(0, 0, width, height);
  }

  function body(): void {
    oval('rgb(0 0 0 / 12%)', 0, 430, 330, 46);
    line(look.fur, 74, (c) => {
      c.moveTo(200, 360);
      c.bezierCurveTo(470, 380, 440, 120, 380, 60);
    });
    oval(look.fur, 0, 270, 250, 230);
    oval(look.belly, 0, 320, 150, 160);
    for (const side of sides) {
      oval(look.fur, side * 110, 430, 88, 52);
      oval(look.belly, side * 112, 440, 54, 28);
    }
  }

  function ear(c: CanvasRenderingContext2D, side: number): void {
    shape(look.fur, () => {
      c.moveTo(side * 70, -250);
      c.quadraticCurveTo(side * 210, -420, side * 262, -380);
      c.quadraticCurveTo(side * 300, -250, side * 262, -90);
      c.closePath();
    });
    shape('#f0a9a3', () => {
      c.moveTo(side * 130, -250);
      c.quadraticCurveTo(side * 215, -345, side * 236, -330);
      c.quadraticCurveTo(side * 258, -240, side * 236, -150);
      c.closePath();
    });
  }

  function head(c: CanvasRenderingContext2D): void {
    for (const side of sides) ear(c, side);
    oval(look.fur, 0, -70, 290, 240);
    if (look.patch) {
      c.save();
      c.beginPath();
      c.ellipse(0, -70, 290, 240, 0, 0, 7);
      c.clip();
      oval(look.patch, -170, -170, 190, 150, 0.5);
      c.restore();
    }
    for (const x of look.stripes ? [-70, 0, 70] : []) {
      line('rgb(70 40 10 / 45%)', 26, (c) => {
        c.moveTo(x, -285);
        c.lineTo(x * 0.8, -205);
      });
    }
  }

  function eyeAndWhiskers(side: number): void {
    oval('#ffffff', side * 122, -80, 66, 72);
    oval(look.eyes, side * 118, -78, 56, 64);
    oval('#16181c', side * 112, -76, 32, 52);
    oval('#ffffff', side * 112 - 16, -104, 15, 17);
    for (const y of [36, 66]) {
      line('rgb(255 255 255 / 85%)', 5, (c) => {
        c.moveTo(side * 110, y);
        c.quadraticCurveTo(side * 230, y - 12, side * 340, y * 3 - 96);
      });
    }
  }

  function face(c: CanvasRenderingContext2D): void {
    for (const side of sides) oval(look.belly, side * 62, 55, 92, 74);
    for (const side of sides) eyeAndWhiskers(side);
    shape('#d9776f', () => {
      c.moveTo(-30, 6);
      c.quadraticCurveTo(0, -12, 30, 6);
      c.quadraticCurveTo(16, 40, 0, 42);
      c.quadraticCurveTo(-16, 40, -30, 6);
    });
    line('#6b3d33', 7, (c) => {
      c.moveTo(0, 42);
      c.lineTo(0, 62);
      c.moveTo(-56, 62);
      c.quadraticCurveTo(-26, 98, 0, 62);
      c.quadraticCurveTo(26, 98, 56, 62);
    });
  }

  background(c);
  c.translate(width / 2, height * 0.56);
  c.scale(height / 1000, height / 1000);
  body();
  c.rotate(look.tilt ?? 0);
  head(c);
  face(c);
  return canvas.toDataURL(type, 0.86).split(',')[1] ?? '';
}
