import assert from "node:assert/strict";
import test from "node:test";

import { slug } from "../dist/index.js";

test("words are joined", () => assert.equal(slug("Hello,  World!"), "hello-world"));
test("accents are taken off", () => assert.equal(slug("Crème brûlée"), "creme-brulee"));
test("no hyphen is left at the end", () => assert.equal(slug("ab cd", 3), "ab"));
