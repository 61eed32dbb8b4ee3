import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.{ts,tsx}', 'scripts/**/*.test.mjs'],
    environment: 'jsdom',
    setupFiles: ['src/vitest.setup.ts'],
    environmentOptions: { jsdom: { url: 'http://acme.localhost/', pretendToBeVisual: true } },
    clearMocks: true,
    restoreMocks: true,
    unstubGlobals: true,
  },
});
