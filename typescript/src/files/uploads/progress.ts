/** The progress that the page sees. It never goes back, unless the upload had to start anew. */
import { isolated } from "../../core/isolated.js";
import type { UploadProgress, UploadState } from "../types.js";
import { createRate } from "./rate.js";

/** Bytes are reported no more often than this. */
const INTERVAL_MS = 100;

/** Collects the events of the parts, and reports the progress to the page. */
export interface Progress {
  /** How many parts have arrived since the beginning. */
  arrivals(): number;
  /** So many bytes had arrived before. */
  resumeAt(bytes: number): void;
  /** So many bytes of a part under way have been sent; 0 at its beginning. */
  onSent(number: number, bytes: number): void;
  /** A part is no longer under way. */
  onStopped(number: number): void;
  onArrived(number: number, bytes: number): void;
  enter(phase: "uploading" | "hashing" | "committing"): void;
  /** A wait between two tries begins. @returns a function that ends it. */
  beginWait(): () => void;
  /** The upload starts anew. */
  restart(): void;
  /** The upload was paused or resumed. */
  onPauseChange(): void;
  /** Reports to the page, unless the last report is too recent. */
  reportIfDue(): void;
  /** Reports to the page now. */
  report(): void;
  /** No more reports. */
  end(): void;
}

/** The dependencies of a progress. */
export interface ProgressOptions {
  total: number;
  onProgress?(progress: UploadProgress): void;
  isPaused(): boolean;
  now(): number;
}

/** Start at 0 bytes. */
export function createProgress({ total, onProgress, isPaused, now }: ProgressOptions): Progress {
  const rate = createRate(now);
  const underWay = new Map<number, number>();
  let arrivedBytes = 0;
  let reportedBytes = 0;
  let arrivals = 0;
  let waits = 0;
  let phase: UploadState = "uploading";
  let reportedAt = -Infinity;
  let hasEnded = false;

  function state(): UploadState {
    if (isPaused() && phase !== "committing") {
      return "paused";
    }
    return waits > 0 && underWay.size === 0 ? "waiting" : phase;
  }

  function report() {
    if (!onProgress || hasEnded) {
      return;
    }
    reportedAt = now();
    const loaded = [...underWay.values()].reduce((sum, bytes) => sum + bytes, arrivedBytes);
    reportedBytes = Math.max(reportedBytes, loaded);
    const present = state();
    const perSecond = present === "uploading" ? rate.value() : 0;
    const secondsLeft = perSecond > 0 ? Math.ceil((total - loaded) / perSecond) : null;
    isolated(() =>
      onProgress({ loaded: reportedBytes, total, rate: perSecond, secondsLeft, state: present }),
    );
  }

  function reportIfDue() {
    if (now() - reportedAt >= INTERVAL_MS) {
      report();
    }
  }

  function onSent(number: number, bytes: number) {
    rate.add(Math.max(0, bytes - (underWay.get(number) ?? 0)));
    underWay.set(number, bytes);
    reportIfDue();
  }

  return {
    arrivals: () => arrivals,
    resumeAt(bytes) {
      arrivedBytes = bytes;
      rate.reset();
      report();
    },
    onSent,
    onStopped: (number) => void underWay.delete(number),
    onArrived(number, bytes) {
      onSent(number, bytes);
      underWay.delete(number);
      arrivedBytes += bytes;
      arrivals += 1;
      report();
    },
    enter(next) {
      if (phase !== next) {
        phase = next;
        report();
      }
    },
    beginWait() {
      waits += 1;
      report();
      return () => {
        waits -= 1;
        if (underWay.size === 0) {
          rate.reset();
        }
        report();
      };
    },
    restart() {
      arrivedBytes = 0;
      reportedBytes = 0;
      phase = "uploading";
      rate.reset();
      report();
    },
    onPauseChange() {
      rate.reset();
      report();
    },
    reportIfDue,
    report,
    end() {
      hasEnded = true;
    },
  };
}
