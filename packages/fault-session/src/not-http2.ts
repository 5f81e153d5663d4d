/** Why a fault of HTTP/2 is not carried out on a connection of HTTP/1.1. */
export const notHttp2 = "HTTP/1.1 is spoken on this connection, and the fault is one of HTTP/2";
