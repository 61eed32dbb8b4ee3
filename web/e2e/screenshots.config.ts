import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { dir: 'e2e', include: ['screenshots.ts'], environment: 'node', testTimeout: 90_000, hookTimeout: 180_000 },
});
