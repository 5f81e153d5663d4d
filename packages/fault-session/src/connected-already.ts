/** Why a connection that is there can't be refused any more. */
export const connectedAlready =
  "the client has its connection already; only a proxy of our own is asked before that";
