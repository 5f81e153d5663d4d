/** Bytes that a ClientHello's body may declare unless more are allowed, as Go's crypto/tls has it. */
export const MAX_CLIENT_HELLO_BYTES: number = 2 ** 16;
