import { STATUS_CODES, statusFields } from "@faultwire/grpc";

/** What a server says that is overloaded: ask again, but not within the next two seconds. */
export const overloaded: readonly (readonly [string, string])[] = statusFields({
  code: STATUS_CODES.RESOURCE_EXHAUSTED,
  message: "50 % of the cafés are closed",
  retryDelayMs: 2000,
  pushback: 2000,
});
