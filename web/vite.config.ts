import { defineConfig } from 'vite';

// index.html is the only file with a fixed name: everything else is below assets/ under a name with
// its hash, so that a release can keep old and new files side by side and caches may keep them forever.
export default defineConfig({
  build: {
    target: ['es2023', 'chrome123', 'edge123', 'firefox125', 'safari17.5'],
    // A data: URL would be against the content security policy.
    assetsInlineLimit: 0,
    assetsDir: 'assets',
    modulePreload: { polyfill: false },
    sourcemap: false,
    reportCompressedSize: false,
  },
});
