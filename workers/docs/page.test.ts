import { expect, test } from "vitest";
import { renderDocs } from "./page.ts";

const page = renderDocs({
  info: { title: "API <1>", version: "1.0", description: 'a "b" & c' },
  paths: {
    "/things/{id}": {
      get: {
        tags: ["Things"],
        summary: "<script>alert(1)</script>",
        security: [{ bearer: [] }],
        parameters: [{ name: "id", in: "path", required: true, schema: { type: "string", description: "which" } }],
        responses: { "200": { description: "the thing" } },
      },
    },
  },
});

test("every operation is listed with its parameters, answers and whether it needs a token", () => {
  for (const shown of ["GET", "/things/{id}", "path, required", "which", "the thing", "token"])
    expect(page).toContain(shown);
});

test("what the document says is text, never markup", () => {
  expect(page).not.toContain("<script>alert");
  expect(page).toContain("&lt;script&gt;");
});

test("the page loads nothing from anywhere", () => {
  expect(page).not.toMatch(/\b(src|srcset)=|@import|url\(|https?:/);
});
