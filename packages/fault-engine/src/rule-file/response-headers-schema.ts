import type { Header } from "@faultwire/http1";
import { z } from "zod";
import { responseHeaderFault } from "../answers/response-headers.ts";

const VALUE = "expected a text, a number, true or false; or a list of them, for several fields";
const headerText = z.union([z.string(), z.number(), z.boolean()], { error: VALUE });

/** Headers of a response, by name; a list of values makes several fields. */
export const responseHeaders: z.ZodType<readonly Header[]> = z
  .record(z.string(), z.union([headerText, z.array(headerText).min(1)], { error: VALUE }))
  .transform((record, context) =>
    Object.entries(record).flatMap(([name, given]) => {
      const fields = (Array.isArray(given) ? given : [given]).map((value): Header => [name, String(value)]);
      const message = fields.map(responseHeaderFault).find((fault) => fault !== undefined);
      if (message !== undefined) context.addIssue({ code: "custom", path: [name], message });
      return fields;
    }),
  );
