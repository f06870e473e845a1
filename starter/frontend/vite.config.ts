import react from "@vitejs/plugin-react";
import { dovetail } from "flask-dovetail/vite";
import { defineConfig } from "vitest/config";

export default defineConfig({
  // `make dev` says where Flask listens.
  plugins: [react(), dovetail({ backend: `http://127.0.0.1:${process.env["PORT"] ?? 5000}` })],
  build: {
    // Browsers that know light-dark() and CSS nesting, so that neither is rewritten.
    cssTarget: ["chrome123", "edge123", "firefox121", "safari17.5"],
    // The joint motif is a mask: as a file it needs no data: in the Content-Security-Policy.
    assetsInlineLimit: 0,
    // Every browser above knows rel=modulepreload.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // What every screen needs comes in two files, not in a dozen: libraries, which stay cached across
        // deploys, and the rest.
        codeSplitting: {
          groups: [
            { name: "libraries", tags: ["$initial"], test: /node_modules/ },
            { name: "shell", tags: ["$initial"], test: /src\/(?!main)/ },
          ],
        },
      },
    },
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: "src/testing/setup.ts",
    restoreMocks: true,
    testTimeout: 20_000,
  },
});
