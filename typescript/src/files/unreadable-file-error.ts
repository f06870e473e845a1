/**
 * Thrown when the file cannot be read.
 *
 * It was changed, moved or deleted since it was chosen, or its drive is gone.
 */
export class UnreadableFileError extends Error {
  override readonly name = "UnreadableFileError";

  constructor(cause?: unknown) {
    super("The file could not be read: it may have been changed or moved. Choose it again.", {
      cause,
    });
  }
}

/** Whether `value` is an UnreadableFileError. */
export function isUnreadableFileError(value: unknown): value is UnreadableFileError {
  return value instanceof UnreadableFileError;
}
