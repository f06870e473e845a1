/** What jsdom lacks of a browser. */

import { cleanup, configure } from "@testing-library/react";
import { afterEach, vi } from "vitest";

vi.stubGlobal("matchMedia", () => Object.assign(new EventTarget(), { matches: false }));
vi.stubGlobal("scrollTo", () => {});
Element.prototype.scrollIntoView = () => {};

configure({ asyncUtilTimeout: 5_000 }); // dialogs are loaded first, and machines are busy

afterEach(cleanup);
