// Generated from wire/realtime.json by scripts/wire.mjs: change the JSON, then `npm run wire`.
// What sockets say: where they are, the names of Dovetail's own events, and limits with their units.
export const REALTIME_PATH = "/socket.io";
export const REALTIME_DOCUMENT_PATH = "/asyncapi.json";
export const REALTIME_NAMESPACE = "/notify";
export const REALTIME_READY_EVENT = "dovetail:ready";
export const REALTIME_RESET_EVENT = "dovetail:reset";
export const REALTIME_UNREAD_EVENT = "dovetail:unread";
export const REALTIME_PRESENCE_EVENT = "dovetail:presence";
export const REALTIME_END_EVENT = "dovetail:end";
export const REALTIME_RENEW_EVENT = "dovetail:renew";
export const REALTIME_JOIN_EVENT = "dovetail:join";
export const REALTIME_LEAVE_EVENT = "dovetail:leave";
export const REALTIME_RESERVED_PREFIX = "dovetail:";
export const REALTIME_ACK_TIMEOUT_MS = 10000;
export const REALTIME_RECONNECT_BASE_MS = 500;
export const REALTIME_RECONNECT_MAX_MS = 15000;
