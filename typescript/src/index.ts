export type { AuthEvent, AuthEventName, AuthListener } from "./auth/logins/events.js";
export type {
  AuthResult,
  Connection,
  Credentials,
  Device,
  Login,
  Provider,
  SignInResult,
} from "./auth/types.js";
export { type Auth, createDovetail, type Dovetail, type DovetailOptions } from "./client.js";
export type { CallOptions, Client } from "./contract/client.js";
export { isNetworkError, NetworkError } from "./contract/network-error.js";
export type { OwnPaths } from "./contract/own-paths.js";
export {
  type FieldError,
  isProblem,
  type Problem,
  type StatusCode,
  type WireCode,
} from "./contract/problem.js";
export { isProblemError, ProblemError, unwrap } from "./contract/problem-error.js";
export type { ProblemOf, Result } from "./contract/result.js";
export type { RetryOptions } from "./contract/retry.js";
export { isTimeoutError, TimeoutError } from "./contract/timeout-error.js";
export { isUnexpectedBodyError, UnexpectedBodyError } from "./contract/unexpected-body-error.js";
export type { Channel, Outside } from "./core/outside.js";
export { type AppConfig, readConfig } from "./delivery/config.js";
export type {
  Files,
  UploadedFile,
  UploadOptions,
  UploadProblem,
  UploadProgress,
  UploadResult,
  UploadState,
  UploadTask,
} from "./files/types.js";
export { isUnreadableFileError, UnreadableFileError } from "./files/unreadable-file-error.js";
export type { Acknowledged } from "./realtime/contract.js";
export type { Realtime, RealtimeSpace, RoomOptions } from "./realtime/realtime.js";
export type { RealtimeStatus } from "./realtime/status.js";
