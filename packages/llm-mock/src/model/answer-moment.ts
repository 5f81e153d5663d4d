/**
 * When answers say that they were made, in seconds since the epoch: 2026-01-01. A fixed moment, as in a recording: the same
 * request gets the same bytes at any time.
 */
export const ANSWER_SECONDS = 1_767_225_600;
