/// <reference types="vitest/config" />
import { svelte } from "@sveltejs/vite-plugin-svelte";
import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vite";
import { compress } from "./tools/compress.ts";
import { oneFormatOfFonts } from "./tools/fonts.ts";

/** Where `npm run dev` finds a Modelyard. */
const server = process.env.MODELYARD_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  // Relative: the page says in its <base> where it is, so that it works below any prefix.
  base: "./",
  plugins: [oneFormatOfFonts(), tailwindcss(), svelte(), compress()],
  build: {
    outDir: "../src/modelyard/app/ui/dist",
    emptyOutDir: true,
    target: "es2022",
    // data: URLs of small files would need a laxer policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  worker: { format: "es" },
  server: {
    proxy: Object.fromEntries(["/api", "/v1", "/logs", "/running", "/upstream"].map((path) => [path, server])),
  },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
