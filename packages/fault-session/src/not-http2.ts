/** Why faults are none of the version of HTTP that is spoken. */

/** Why a fault of HTTP/2 is not carried out on a connection of HTTP/1.1. */
export const notHttp2 = "HTTP/1.1 is spoken on this connection, and the fault is one of HTTP/2";

/** Why faults of WebSockets are none of HTTP/2: extended CONNECT (RFC 8441) is not offered. */
export const noWebSocket = "a WebSocket is opened by HTTP/1.1 here";
