import { expect, it } from "vitest";
import { maskedFields, maskedForm } from "../../src/secret-fields.ts";

it.each([
  ['{"access_token":"abc","expires_in":60}', '{"access_token":"xxx","expires_in":60}'],
  ['{"refreshToken" : "a\\"b", "id_token":""}', '{"refreshToken" : "xxxx", "id_token":""}'],
  ['{"client_secret":{"value":"ek1","expires_at":7}}', '{"client_secret":{"value":"xxx","expires_at":7}}'],
  ['{"password":1234,"n":1}', '{"password":1111,"n":1}'],
  ['{"api_keys":["ab", "c"],"n":["d"]}', '{"api_keys":["xx", "x"],"n":["d"]}'],
  ['{"aws_secret_access_key":"päss"}', '{"aws_secret_access_key":"xxxx"}'],
  [
    String.raw`{"json":"{\"password\":\"a\\\"b\\\\\",\"n\":\"c\"}"}`,
    String.raw`{"json":"{\"password\":\"xxxxxxxxxx\",\"n\":\"c\"}"}`,
  ],
  ['data: {"id_token":"cut', 'data: {"id_token":"xxx'],
  ['{"cookie":"a=b\nnext":"c"}', '{"cookie":"xxx\nnext":"c"}'],
  [
    String.raw`{"acce\u0073s_t\u006Fken":"abc","n":"d"}`,
    String.raw`{"acce\u0073s_t\u006Fken":"xxx","n":"d"}`,
  ],
  [
    String.raw`{"json":"{\"p\\u0061ssword\":\"abc\",\"\u0070assword\":\"d\"}"}`,
    String.raw`{"json":"{\"p\\u0061ssword\":\"xxx\",\"\u0070assword\":\"x\"}"}`,
  ],
  ["https://h/cb#access_token=abc&state=1", "https://h/cb#access_token=xxx&state=1"],
  ["https://h/cb?n=1&%61ccess%5Ft%6Fken=abc", "https://h/cb?n=1&%61ccess%5Ft%6Fken=xxx"],
  ["client_secret=a%20b&scope=x", "client_secret=xxxxx&scope=x"],
  ["see https://h/cb?access_token=abc&state=1", "see https://h/cb?access_token=xxx&state=1"],
  [
    '--b\r\nContent-Disposition: form-data; name="client_secret"\r\n\r\nabc\r\n--b--',
    '--b\r\nContent-Disposition: form-data; name="client_secret"\r\n\r\nxxx\r\n--b--',
  ],
])("%s loses what its name says is secret, and no length", (text, masked) => {
  expect(maskedFields(text)).toBe(masked);
});

it.each([
  '{"max_tokens":60,"usage":{"input_tokens":7}}',
  '{"token":"Hello","logprob":-0.1}',
  '{"next_page_token":"p2"}',
  String.raw`{"t\u006fken":"Hello","say":"\u0070assword"}`,
  "https://h/?n%65xt=1&t%6Fken=2",
  "a line of a program: password=get_password() is a line of a program",
  '{"secretary":"Ann","keys":["a"]}',
  '{"say":"the \\"password\\" is yours"}',
])("%s stays", (text) => {
  expect(maskedFields(text)).toBe(text);
});

it("a form is masked by its names as they are meant, encoded or not", () => {
  expect(maskedForm("a=1&client%5Fsecret=ab'c&%=2&password[]=x&refresh_token")).toBe(
    "a=1&client%5Fsecret=xxxx&%=2&password[]=x&refresh_token",
  );
});

/** The square of so many characters takes a minute and more; what grows with their number takes a quarter of a second. */
const many = 500_000;
const mostCpuMs = 2000;

it.each([
  ...['"', "\\", '\\"', " ", "=", "&", ";", "\r\n", "%61", "\\u0061", "secret"],
  ...[
    '"secret":',
    '"secret":[',
    '"secret":[ ',
    '"secret":{',
    '"secret":"',
    "&secret=",
    ';name="secret"',
    ";name=secret\r\n",
  ],
  ...['{"a":"b","secret":"x","api_key":"0123456789"},', '"\\u0061secret":"a",', "passw\\u006frd%20key "],
])("a text of %j again and again takes no time but in proportion to its length", (pump) => {
  for (const text of [
    pump.repeat(many / pump.length),
    `secret"${pump.repeat(many / pump.length)}\\u0061 %61`,
  ]) {
    const before = process.cpuUsage().user;
    expect(maskedFields(text)).toHaveLength(text.length);
    expect((process.cpuUsage().user - before) / 1000).toBeLessThan(mostCpuMs);
  }
});
