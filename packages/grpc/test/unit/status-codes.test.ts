/** The codes of gRPC, as its document lists them (grpc/doc/statuscodes.md). Nothing here is made from the table that it is held against. */
import { expect, it } from "vitest";
import { nameOfStatus, STATUS_CODES, STATUS_NAMES } from "../../src/index.ts";

const names = [
  ...["OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND"],
  ...["ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED"],
  ...["OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"],
];

it("there are seventeen, each with the number of its place", () => {
  expect(STATUS_NAMES).toEqual(names);
  expect(STATUS_CODES).toEqual(Object.fromEntries(names.map((name, code) => [name, code])));
});

it("a number without a name is said as it is", () => {
  expect([0, 8, 14, 16, 17, 99].map(nameOfStatus)).toEqual([
    "OK",
    "RESOURCE_EXHAUSTED",
    "UNAVAILABLE",
    "UNAUTHENTICATED",
    "status 17",
    "status 99",
  ]);
});
