/** Keys that are none, of every shape that programs have: to be planted, and looked for. */
import fc from "fast-check";

/** `text` stands where a key would; `secret` is the part of it that must never be seen. */
export interface PlantedKey {
  readonly text: string;
  readonly secret: string;
}

const of = (alphabet: string, minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...Array.from(alphabet)), minLength, maxLength });
const digits = "0123456789";
const upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const letters = upper + upper.toLowerCase();
const word = of(letters + digits, 20, 60);
const token = of(`${letters + digits}_-`, 20, 60);

const beginnings = [
  ...["sk-", "sk-ant-api03-", "sk-ant-oat01-", "sk-proj-", "sk-or-v1-", "sk_live_", "pk_test_", "rk_live_"],
  ...[
    "AIza",
    "AQ.Ab8",
    "ya29.",
    "GOCSPX-",
    "xai-",
    "gsk_",
    "hf_",
    "pplx-",
    "r8_",
    "nvapi-",
    "csk-",
    "tvly-",
    "lsv2_",
  ],
  ...["ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "xapp-", "npm_", "whsec_"],
  ...["pcsk_", "jina_", "e2b_", "ntn_", "lin_api_", "shpat_", "pypi-", "sntrys_", "glc_", "glsa_", "hvs."],
  ...["PMAK-", "NRAK-", "dapi0123abcd", "AccountKey="],
  ...["Bearer ", "bearer ", "Basic ", "Bearer%20"],
  ...["api_key=", "apikey=", "api-key: ", "key=", "token=", "access_token=", "password=", "secret: "],
  ...['"api_key": "', "x-api-key: ", "x-goog-api-key: ", "authorization: ", "sig=", "X-Amz-Signature="],
  "token%3D",
  ...["-----BEGIN PRIVATE KEY-----\n", String.raw`-----BEGIN RSA PRIVATE KEY-----\n`],
];

/** Keys as they stand in the name of a host, which is normalised: in small letters. */
export const plantedInHost: fc.Arbitrary<PlantedKey> = fc
  .oneof(
    fc
      .record({
        begin: fc.constantFrom(
          "sk-",
          "sk-ant-api03-",
          "AIza",
          "ghp_",
          "hf_",
          "gsk_",
          "xai-",
          "xoxb-",
          "AKIA",
        ),
        end: of(letters + digits, 15, 15),
      })
      .map(({ begin, end }) => ({ text: `${begin}7${end}`, secret: end })),
    fc
      .record({ first: of(letters + digits, 22, 22), end: of(letters + digits, 43, 43) })
      .map(({ first, end }) => ({ text: `SG.${first}.${end}`, secret: end })),
    fc
      .record({ head: of(letters + digits, 20, 20), sign: of(letters + digits, 43, 43) })
      .map(({ head, sign }) => ({ text: `eyJ0${head}.eyJ0${head}.${sign}`, secret: sign })),
  )
  .map(({ text, secret }) => ({ text: text.toLowerCase(), secret: secret.toLowerCase() }));

export const plantedKey: fc.Arbitrary<PlantedKey> = fc.oneof(
  fc.record({ begin: fc.constantFrom(...beginnings), end: word }).map(({ begin, end }) => ({
    text: begin + end,
    secret: end,
  })),
  fc
    .record({ begin: fc.constantFrom("AKIA", "ASIA"), end: of(upper + digits, 16, 16) })
    .map(({ begin, end }) => ({ text: begin + end, secret: end })),
  fc
    .record({ head: word, body: token, sign: token })
    .map(({ head, body, sign }) => ({ text: `eyJ${head}.eyJ${body}.${sign}`, secret: sign })),
  fc
    .record({ first: of(`${letters + digits}_-`, 22, 22), end: of(`${letters + digits}_-`, 43, 43) })
    .map(({ first, end }) => ({ text: `SG.${first}.${end}`, secret: end })),
  fc
    .record({ first: of(letters + digits, 52, 52), end: of(letters + digits, 26, 26) })
    .map(({ first, end }) => ({ text: `${first}JQQJ99${end}`, secret: end })),
  word.map((end) => ({ text: `https://user:${end}@host.example/`, secret: end })),
);
