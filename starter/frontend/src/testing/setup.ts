/** What jsdom lacks of a browser. */

import { cleanup } from "@testing-library/react";
import { afterEach, vi } from "vitest";

vi.stubGlobal("matchMedia", () => Object.assign(new EventTarget(), { matches: false }));
vi.stubGlobal("scrollTo", () => {});
Element.prototype.scrollIntoView = () => {};

afterEach(cleanup);
