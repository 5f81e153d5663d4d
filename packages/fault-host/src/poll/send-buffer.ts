/**
 * The room that a socket of the host has for bytes that its peer has not read. A test gives one to a host, so that a
 * receiver is slow to the byte, on any machine.
 */
export interface SendBuffer {
  /**
   * Takes a part of a write.
   *
   * @param offered How many bytes the host wants to write; never 0.
   * @param onRoom To be called once when there is room again. Only needed when the result is 0.
   * @returns How many of the bytes the socket takes now: 0 to `offered`. They leave at once.
   */
  take(offered: number, onRoom: () => void): number;
}
