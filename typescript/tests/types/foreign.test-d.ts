/** The types of another API's contract: as precise as Dovetail's own, except for problem codes. */
import { expectTypeOf } from "vitest";
import { createDovetail } from "../../src/index.js";
import type { components, paths } from "../codegen/expected/foreign.js";

const { api } = createDovetail<paths>();

const book = await api.GET("/books/{isbn}", { params: { path: { isbn: "978" } } });
if (!book.problem) {
  expectTypeOf(book.data).toEqualTypeOf<components["schemas"]["Book"]>();
}

// a member with a default may be left out
const { problem } = await api.POST("/books", { body: { title: "Joints" } });

// a contract whose codes are any string allows any comparison
if (problem?.code === "OUT_OF_PAPER") {
  expectTypeOf(problem.status).toEqualTypeOf<number>();
}
// @ts-expect-error: but not with a number
void (problem?.code === 1);
