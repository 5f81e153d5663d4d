// Makes src/gen from data/iana.json. `node scripts/generate-tables.mjs` writes; with --check it only compares and
// ends with 1 when a file differs. What a cipher suite's name says is taken apart here, so that the data stay bare.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const data = JSON.parse(readFileSync(join(root, "data/iana.json"), "utf8"));
const head = `// Made by scripts/generate-tables.mjs from data/iana.json (written ${data.written}). Do not edit.\n`;

const hex = (value, digits = 4) => `0x${Number(value).toString(16).padStart(digits, "0")}`;
const camel = (name) => name.toLowerCase().replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
/** Object keys that are not identifiers need quotes. */
const key = (name) => (/^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name));

/** The text of an exported `as const` object. */
function constants(name, doc, entries) {
  const lines = entries.map(([label, value]) => `  ${key(label)}: ${value},`);
  return `/** ${doc} */\nexport const ${name} = {\n${lines.join("\n")}\n} as const;\n`;
}

function names(name, entries) {
  const lines = entries.map(([value, text]) => `  ${value}: ${JSON.stringify(text)},`);
  return `export const ${name}: Readonly<Record<number, string>> = {\n${lines.join("\n")}\n};\n`;
}

const TLS13 = "0x0304";
const TLS12 = "0x0303";
const TLS11 = "0x0302";
const TLS10 = "0x0301";
const SSL3 = "0x0300";

/** Key exchange and authentication as the name's front part says them. */
const exchanges = {
  NULL: ["null", "null"],
  RSA: ["rsa", "rsa"],
  RSA_EXPORT: ["rsa_export", "rsa"],
  RSA_PSK: ["rsa_psk", "psk"],
  DH_DSS: ["dh", "dss"],
  DH_RSA: ["dh", "rsa"],
  DHE_DSS: ["dhe", "dss"],
  DHE_RSA: ["dhe", "rsa"],
  DH_anon: ["dh_anon", "anon"],
  DH_DSS_EXPORT: ["dh", "dss"],
  DH_RSA_EXPORT: ["dh", "rsa"],
  DHE_DSS_EXPORT: ["dhe", "dss"],
  DHE_RSA_EXPORT: ["dhe", "rsa"],
  DH_anon_EXPORT: ["dh_anon", "anon"],
  DHE_PSK: ["dhe_psk", "psk"],
  PSK_DHE: ["dhe_psk", "psk"],
  PSK: ["psk", "psk"],
  ECDH_ECDSA: ["ecdh", "ecdsa"],
  ECDH_RSA: ["ecdh", "rsa"],
  ECDH_anon: ["ecdh_anon", "anon"],
  ECDHE_ECDSA: ["ecdhe", "ecdsa"],
  ECDHE_RSA: ["ecdhe", "rsa"],
  ECDHE_PSK: ["ecdhe_psk", "psk"],
  ECCPWD: ["eccpwd", "password"],
  KRB5: ["krb5", "krb5"],
  KRB5_EXPORT: ["krb5", "krb5"],
  SRP_SHA: ["srp", "password"],
  SRP_SHA_RSA: ["srp", "rsa"],
  SRP_SHA_DSS: ["srp", "dss"],
  GOSTR341112_256: ["gost", "gost"],
};

const keyBits = [
  [/^NULL|^SHA/, 0],
  [/_40$|^DES40/, 40],
  [/^DES_CBC/, 56],
  [/^3DES/, 168],
  [/^(IDEA|SEED|SM4|RC4|AEGIS_128L)/, 128],
  [/^(CHACHA20|28147|KUZNYECHIK|MAGMA|AEGIS_256)/, 256],
  [/^(?:AES|CAMELLIA|ARIA)_(\d+)/, undefined],
];

const hashes = {
  NULL: "null",
  MD5: "md5",
  SHA: "sha1",
  SHA256: "sha256",
  SHA384: "sha384",
  SHA512: "sha512",
  SM3: "sm3",
};

function bitsOf(cipher) {
  for (const [pattern, bits] of keyBits) {
    const match = pattern.exec(cipher);
    if (match) return bits ?? Number(match[1]);
  }
  throw new Error(`no key length known for ${cipher}`);
}

function factsOf(value, name) {
  const plain = name.replace(/^TLS_/, "");
  if (plain.endsWith("_SCSV")) return undefined;
  const is13 = !plain.includes("_WITH_");
  const [front, back] = is13 ? [undefined, plain] : plain.split("_WITH_");
  const isMgm = /MGM_[LS]$/.test(back);
  const isGost = isMgm || /(OMAC|IMIT)$/.test(back);
  const cut = back.lastIndexOf("_");
  const bare = isGost || /CCM(_8)?$/.test(back);
  const cipher = bare ? back : back.slice(0, cut);
  const hash = isGost ? "streebog256" : bare ? "sha256" : hashes[back.slice(cut + 1)];
  if (!hash) throw new Error(`no hash known for ${name}`);
  // Of the GOST suites only those with MGM are TLS 1.3's, where a suite says nothing of keys and certificates.
  const [keyExchange, authentication] = front && !isMgm ? exchanges[front] : ["any", "any"];
  if (!keyExchange) throw new Error(`no key exchange known for ${name}`);
  const aead = /GCM|CCM|CHACHA20|AEGIS|MGM/.test(cipher);
  return {
    name,
    keyExchange,
    authentication,
    cipher,
    keyBits: bitsOf(cipher),
    aead,
    hash,
    ...versionsOf(value, name),
  };
}

/** RFC 8446 for 0x13xx, SM and integrity-only suites; AEAD and SHA-2 MACs are TLS 1.2's; exports ended with TLS 1.0. */
function versionsOf(value, name) {
  const span = (minVersion, maxVersion) => ({ minVersion, maxVersion });
  if (!name.includes("_WITH_") || /MGM_[LS]$/.test(name)) return span(TLS13, TLS13);
  if (name === "TLS_NULL_WITH_NULL_NULL") return span(SSL3, TLS12);
  if (/GCM|CCM|CHACHA20|SHA256$|SHA384$|GOST/.test(name)) return span(TLS12, TLS12);
  if (/EXPORT/.test(name)) return span(value <= 0x1b ? SSL3 : TLS10, TLS10);
  if (/_(DES|IDEA)_CBC/.test(name)) return span(value <= 0x1b ? SSL3 : TLS10, TLS11);
  return span(value <= 0x1b ? SSL3 : TLS10, TLS12);
}

function cipherSuiteFile() {
  const entries = Object.entries(data.cipherSuites);
  return `${head}\n${constants(
    "CipherSuite",
    "Cipher suites by IANA name, signalling values included.",
    entries.map(([value, name]) => [name, value]),
  )}`;
}

/** A list without repetitions: `indexOf` adds what is new. */
function numbered() {
  const items = [];
  return {
    items,
    indexOf(item) {
      const at = items.indexOf(item);
      return at < 0 ? items.push(item) - 1 : at;
    },
  };
}

/**
 * The facts of all suites, packed: written out as objects they were three quarters of a handshake tracker's code. A name
 * is made of its two halves again, on both sides of `_WITH_`; `-` stands for a first half that TLS 1.3's suites lack.
 */
function cipherSuiteFactsFile() {
  const [exchange, protection, span] = [numbered(), numbered(), numbered()];
  let before = 0;
  const suites = Object.entries(data.cipherSuites).flatMap(([value, name]) => {
    const facts = factsOf(Number(value), name);
    if (!facts) return [];
    const halves = name.replace(/^TLS_/, "").split("_WITH_");
    const [first, second] = halves.length === 2 ? halves : ["-", halves[0]];
    if (!second.startsWith(facts.cipher)) throw new Error(`${name} does not name ${facts.cipher} first`);
    const step = Number(value) - before;
    before = Number(value);
    const digits = (number, count) => {
      const text = number.toString(36).padStart(count, "0");
      if (text.length > count) throw new Error(`${number} has more than ${count} digits`);
      return text;
    };
    const row = [
      digits(exchange.indexOf([first, facts.keyExchange, facts.authentication].join(" ")), 1),
      digits(span.indexOf(`${facts.minVersion} ${facts.maxVersion}`), 1),
      digits(
        protection.indexOf(
          [second, facts.cipher.length, facts.keyBits, facts.aead ? "aead" : "-", facts.hash].join(" "),
        ),
        2,
      ),
      step === 1 ? "" : step.toString(36),
    ];
    return [row.join("")];
  });
  const list = (doc, name, items) =>
    `/** ${doc} */\nexport const ${name}: string =\n  ${JSON.stringify(items.join(","))};\n`;
  return [
    head,
    list("First half of a name, key exchange, authentication.", "exchanges", exchange.items),
    list(
      "Second half of a name, how much of it is the cipher, bits of its key, whether it is an AEAD, hash.",
      "protections",
      protection.items,
    ),
    list("Oldest and newest version.", "spans", span.items),
    `/** Of each suite in base 36: exchange, span, protection in two digits, step from the number before where it is not 1. */\nexport const packedSuites: string =\n  ${JSON.stringify(suites.join(","))};\n`,
  ].join("\n");
}

function groupFile() {
  const entries = Object.entries(data.namedGroups);
  const table = entries.map(
    ([value, { name, family, clientShareBytes: client, serverShareBytes: server }]) => {
      const postQuantum = family === "ml-kem" || family === "hybrid";
      const facts = { name, family, postQuantum, clientShareBytes: client, serverShareBytes: server };
      const fields = Object.entries(facts)
        .filter(([, fact]) => fact !== undefined)
        .map(([field, fact]) => `${field}: ${JSON.stringify(fact)}`);
      return `  ${value}: { ${fields.join(", ")} },`;
    },
  );
  const constant = constants(
    "NamedGroup",
    "Groups by IANA name (`NamedGroup`, RFC 8446 section 4.2.7).",
    entries.map(([value, { name }]) => [name, value]),
  );
  return `${head}import type { NamedGroupFacts } from "../tables/named-group-facts.ts";\n\n${constant}
export const namedGroups: Readonly<Record<number, NamedGroupFacts>> = {\n${table.join("\n")}\n};\n`;
}

function plainFile(section, constantName, tableName, doc, label, digits) {
  const entries = Object.entries(data[section]).map(([value, name]) => [
    digits ? hex(value, digits) : value,
    name,
  ]);
  const constant = constants(
    constantName,
    doc,
    entries.map(([value, name]) => [label(name), value]),
  );
  return `${head}\n${constant}\n${names(tableName, entries)}`;
}

const files = {
  "alert-descriptions.ts": plainFile(
    "alertDescriptions",
    "AlertDescription",
    "alertDescriptionNames",
    "Alerts by their RFC names, camel case (`AlertDescription`, RFC 8446 section 6 and RFC 5246 section 7.2).",
    camel,
  ),
  "extension-types.ts": plainFile(
    "extensionTypes",
    "ExtensionType",
    "extensionTypeNames",
    "Extension types by their IANA names, camel case (`ExtensionType`, RFC 8446 section 4.2).",
    camel,
    4,
  ),
  "signature-schemes.ts": plainFile(
    "signatureSchemes",
    "SignatureScheme",
    "signatureSchemeNames",
    "Signature schemes by IANA name (`SignatureScheme`, RFC 8446 section 4.2.3), with TLS 1.2's other pairs.",
    (name) => name,
    4,
  ),
  "named-groups.ts": groupFile(),
  "cipher-suites.ts": cipherSuiteFile(),
  "cipher-suite-facts.ts": cipherSuiteFactsFile(),
};

const check = process.argv.includes("--check");
for (const [name, text] of Object.entries(files)) {
  const path = join(root, "src/gen", name);
  if (!check) {
    writeFileSync(path, text);
  } else if (readFileSync(path, "utf8") !== text) {
    process.stderr.write(
      `src/gen/${name} is not what data/iana.json makes: run node scripts/generate-tables.mjs\n`,
    );
    process.exitCode = 1;
  }
}
