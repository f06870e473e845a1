import { createStore } from "./store";

/** How many uploads are under way: the main links tell it on every screen. */
export const uploadsUnderWay = createStore(0);
