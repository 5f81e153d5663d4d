// Changes to inputs: those of bytes, those of numbers and lengths, those of lines and words, and a part of another input.

const telling = [0, 1, 2, 3, 5, 9, 10, 13, 16, 20, 21, 22, 23, 32, 45, 48, 58, 64, 127, 128, 192, 254, 255];
const numbers = [
  0,
  1,
  -1,
  9,
  99,
  255,
  256,
  599,
  600,
  999,
  1000,
  65_535,
  65_536,
  2 ** 31 - 1,
  2 ** 32,
  2 ** 53,
  1e21,
];

const join = (...parts) => Buffer.concat(parts);

/**
 * A changed copy of `input`: one to four changes.
 *
 * @param others - Gives another input, parts of which may be put in.
 * @param words - Texts that the code knows.
 */
export function mutate(input, others, words, random, maxBytes) {
  let bytes = Buffer.from(input);
  for (let left = 1 + Math.floor(random() ** 2 * 4); left > 0; left--)
    bytes = once(bytes, others, words, random);
  return bytes.length > maxBytes ? bytes.subarray(0, maxBytes) : bytes;
}

function once(bytes, others, words, random) {
  const below = (limit) => Math.floor(random() * limit);
  const at = below(bytes.length + 1);
  const length = Math.min(bytes.length - at, 1 + below(random() < 0.2 ? 200 : 12));
  const head = bytes.subarray(0, at);
  const tail = bytes.subarray(at);
  switch (below(14)) {
    case 0:
      if (at < bytes.length) bytes[at] ^= 1 << below(8);
      return bytes;
    case 1:
      if (at < bytes.length) bytes[at] = telling[below(telling.length)];
      return bytes;
    case 2:
      if (at < bytes.length) bytes[at] += random() < 0.5 ? 1 : -1;
      return bytes;
    case 3:
      return join(head, tail.subarray(length));
    case 4:
      return join(head, tail.subarray(0, length), tail);
    case 5:
      return Buffer.from(head);
    case 6: {
      const other = others();
      const from = below(other.length + 1);
      return join(head, other.subarray(from, from + 1 + below(60)), tail);
    }
    case 7: {
      const other = others();
      return join(head, other.subarray(below(other.length + 1)));
    }
    case 8:
    case 9: {
      const word = Buffer.from(words[below(words.length)] ?? "", "latin1");
      return join(head, word, random() < 0.5 ? tail : tail.subarray(Math.min(tail.length, word.length)));
    }
    case 10:
      return lines(bytes, random);
    case 11:
      return number(bytes, random);
    case 12:
      return join(head, Buffer.from([telling[below(telling.length)]]), tail);
    default: {
      // A length of two bytes, as TLS has many.
      if (at + 1 < bytes.length) bytes.writeUInt16BE((bytes.readUInt16BE(at) + below(7) - 3) & 0xffff, at);
      return bytes;
    }
  }
}

/** A line twice, away, or in another place. */
function lines(bytes, random) {
  const all = bytes.toString("latin1").split("\n");
  const from = Math.floor(random() * all.length);
  const to = Math.floor(random() * all.length);
  const how = random();
  if (how < 0.4) all.splice(to, 0, all[from]);
  else if (how < 0.7) all.splice(from, 1);
  else [all[from], all[to]] = [all[to], all[from]];
  return Buffer.from(all.join("\n"), "latin1");
}

/** Another number in place of one that is written in digits. */
function number(bytes, random) {
  const text = bytes.toString("latin1");
  const found = [...text.matchAll(/-?\d+/g)];
  const match = found[Math.floor(random() * found.length)];
  if (!match) return bytes;
  const value =
    random() < 0.5
      ? Number(match[0]) + Math.floor(random() * 5) - 2
      : numbers[Math.floor(random() * numbers.length)];
  return Buffer.from(
    text.slice(0, match.index) + value + text.slice(match.index + match[0].length),
    "latin1",
  );
}
