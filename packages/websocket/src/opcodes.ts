/** What a frame is, by name, with its number on the wire (RFC 6455 section 5.2). */
export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
/** One of {@link OPCODES}. */
export type FrameType = keyof typeof OPCODES;

const NAMES = new Map<number, FrameType>(
  (Object.entries(OPCODES) as [FrameType, number][]).map(([name, opcode]) => [opcode, name]),
);

/** The name of an opcode; `undefined` for one that is reserved. */
export const frameTypeOf = (opcode: number): FrameType | undefined => NAMES.get(opcode);

/** Whether a frame belongs to the connection and to no message: it may stand between the frames of one. */
export const isControl = (opcode: number): boolean => opcode >= 8;
