/** A service whose methods take and give bytes, made without a generator. */
import { create, createFileRegistry } from "@bufbuild/protobuf";
import type { GenService } from "@bufbuild/protobuf/codegenv2";
import {
  type BytesValueSchema,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  file_google_protobuf_wrappers,
} from "@bufbuild/protobuf/wkt";

type Unary = {
  methodKind: "unary";
  input: typeof BytesValueSchema;
  output: typeof BytesValueSchema;
};

const bytes = ".google.protobuf.BytesValue";
const file = create(FileDescriptorProtoSchema, {
  name: "test/echo.proto",
  package: "test",
  syntax: "proto3",
  dependency: ["google/protobuf/wrappers.proto"],
  service: [
    {
      name: "EchoService",
      method: [
        { name: "Echo", inputType: bytes, outputType: bytes },
        { name: "Answer", inputType: bytes, outputType: bytes },
        { name: "Other", inputType: bytes, outputType: bytes },
        { name: "Many", inputType: bytes, outputType: bytes, serverStreaming: true },
      ],
    },
  ],
});

export const EchoService = createFileRegistry(
  create(FileDescriptorSetSchema, { file: [file_google_protobuf_wrappers.proto, file] }),
).getService("test.EchoService") as unknown as GenService<{
  echo: Unary;
  answer: Unary;
  other: Unary;
  many: { methodKind: "server_streaming"; input: Unary["input"]; output: Unary["output"] };
}>;
