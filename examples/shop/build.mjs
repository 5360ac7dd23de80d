// Copies the frontend's sources to public/build, named after their content, and lists them in manifest.json.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

mkdirSync("public/build", { recursive: true });
const manifest = {};
for (const source of ["resources/css/app.css", "resources/js/app.js"]) {
  const content = readFileSync(source);
  const digest = createHash("sha256").update(content).digest("hex").slice(0, 8);
  const [stem, extension] = source.split("/").pop().split(".");
  manifest[source] = `${stem}-${digest}.${extension}`;
  writeFileSync(`public/build/${manifest[source]}`, content);
}
writeFileSync("public/build/manifest.json", JSON.stringify(manifest, null, 2));
