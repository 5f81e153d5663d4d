// The pages' policy for their content: all comes from the site itself, and nothing is written into the page to run.
import { createHash } from "node:crypto";

export const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** The scripts that were taken out of pages: name in the site, and text. */
export const scripts = new Map();

/** A page without the scripts and styles that VitePress writes into it: the scripts are files, which the policy allows. */
export function withoutInline(html) {
  return html
    .replaceAll(/<script([^>]*)>([^<]+)<\/script>/g, (_all, attributes, code) => {
      const name = `assets/${createHash("sha256").update(code).digest("hex").slice(0, 12)}.js`;
      scripts.set(name, code);
      return `<script${attributes} src="/${name}"></script>`;
    })
    .replaceAll(/(<[a-z][^<>]*) style="[^"]*"/g, "$1")
    .replace("</head>", '<link rel="stylesheet" href="/assets/code.css"></head>');
}
