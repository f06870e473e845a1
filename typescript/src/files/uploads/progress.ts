/** What the page is told: never a step back, unless the upload had to start anew. */
import { isolated } from "../isolated.js";
import { createRate } from "./rate.js";
import type { UploadProgress, UploadState } from "./upload.js";

/** Bytes are reported no more often than this. */
const EVERY_MS = 100;

export interface Progress {
  /** How many parts have arrived since the beginning. */
  arrivals(): number;
  /** So many bytes are there already. */
  found(bytes: number): void;
  /** Of a part under way, so many bytes have left; 0 at its beginning. */
  travelled(number: number, bytes: number): void;
  /** A part is no longer under way. */
  stopped(number: number): void;
  arrived(number: number, bytes: number): void;
  enter(phase: "uploading" | "hashing" | "committing"): void;
  /** A wait between two tries begins. @returns what ends it. */
  rest(): () => void;
  /** Everything starts anew. */
  restart(): void;
  /** It was paused or resumed. */
  turned(): void;
  /** Tells the page if it is not told too often. */
  tick(): void;
  /** Tells the page now. */
  tell(): void;
  /** The page is told nothing more. */
  end(): void;
}

export interface ProgressOptions {
  total: number;
  onProgress?(progress: UploadProgress): void;
  isPaused(): boolean;
  now(): number;
}

export function createProgress({ total, onProgress, isPaused, now }: ProgressOptions): Progress {
  const rate = createRate(now);
  const underWay = new Map<number, number>();
  let done = 0;
  let shown = 0;
  let arrivals = 0;
  let resting = 0;
  let phase: UploadState = "uploading";
  let toldAt = -Infinity;
  let isOver = false;

  function state(): UploadState {
    if (isPaused() && phase !== "committing") {
      return "paused";
    }
    return resting > 0 && underWay.size === 0 ? "waiting" : phase;
  }

  function tell() {
    if (!onProgress || isOver) {
      return;
    }
    toldAt = now();
    const loaded = [...underWay.values()].reduce((sum, bytes) => sum + bytes, done);
    shown = Math.max(shown, loaded);
    const present = state();
    const perSecond = present === "uploading" ? rate.value() : 0;
    const secondsLeft = perSecond > 0 ? Math.ceil((total - loaded) / perSecond) : null;
    isolated(() =>
      onProgress({ loaded: shown, total, rate: perSecond, secondsLeft, state: present }),
    );
  }

  function tick() {
    if (now() - toldAt >= EVERY_MS) {
      tell();
    }
  }

  function travelled(number: number, bytes: number) {
    rate.add(Math.max(0, bytes - (underWay.get(number) ?? 0)));
    underWay.set(number, bytes);
    tick();
  }

  return {
    arrivals: () => arrivals,
    found(bytes) {
      done = bytes;
      rate.reset();
      tell();
    },
    travelled,
    stopped: (number) => void underWay.delete(number),
    arrived(number, bytes) {
      travelled(number, bytes);
      underWay.delete(number);
      done += bytes;
      arrivals += 1;
      tell();
    },
    enter(next) {
      if (phase !== next) {
        phase = next;
        tell();
      }
    },
    rest() {
      resting += 1;
      tell();
      return () => {
        resting -= 1;
        if (underWay.size === 0) {
          rate.reset();
        }
        tell();
      };
    },
    restart() {
      done = 0;
      shown = 0;
      phase = "uploading";
      rate.reset();
      tell();
    },
    turned() {
      rate.reset();
      tell();
    },
    tick,
    tell,
    end() {
      isOver = true;
    },
  };
}
