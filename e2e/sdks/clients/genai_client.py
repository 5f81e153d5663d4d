from cases import ANSWER, CITY, DESCRIPTION, ECHO, MOCK_URL, QUESTION, RESULT, SCHEMA, TOOL, check, raises, run, same
from google import genai
from google.genai import errors, types

OPTIONS = types.HttpOptions(base_url=MOCK_URL) if MOCK_URL else None
gemini = genai.Client(api_key="any", http_options=OPTIONS)
vertex = genai.Client(vertexai=True, api_key="any", http_options=OPTIONS)
MODEL = "gemini-2.5-flash"
DECLARATION = types.FunctionDeclaration(name=TOOL, description=DESCRIPTION, parameters_json_schema=SCHEMA)
CONFIG = types.GenerateContentConfig(
    tools=[types.Tool(function_declarations=[DECLARATION])],
    automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
)


def plain(client):
    def work():
        response = client.models.generate_content(model=MODEL, contents="hello")
        check(response.text.startswith(ECHO), response)
        usage = response.usage_metadata
        same(usage.prompt_token_count + usage.candidates_token_count, usage.total_token_count, "usage")

    return work


def streamed(client):
    def work():
        pieces = [chunk.text for chunk in client.models.generate_content_stream(model=MODEL, contents="hello")]
        check(len(pieces) > 3 and "".join(pieces).startswith(ECHO), pieces)

    return work


def tool_loop(client):
    def work():
        first = client.models.generate_content(model=MODEL, contents=QUESTION, config=CONFIG)
        call = first.function_calls[0]
        same((call.name, call.args), (TOOL, CITY), "call")
        contents = [
            types.UserContent(QUESTION),
            first.candidates[0].content,
            types.UserContent(types.Part.from_function_response(name=TOOL, response={"result": RESULT})),
        ]
        second = client.models.generate_content(model=MODEL, contents=contents, config=CONFIG)
        same(second.text, ANSWER, "answer")

    return work


def count(client):
    def work():
        check(client.models.count_tokens(model=MODEL, contents="hello there").total_tokens > 1, "no tokens")

    return work


def embeddings(client):
    def work():
        answer = client.models.embed_content(model="text-embedding-005", contents=["one", "two"])
        same([len(one.values) for one in answer.embeddings], [768, 768], "dimensions")

    return work


def bad_request(client):
    def work():
        config = types.GenerateContentConfig(temperature=3)
        ask = lambda: client.models.generate_content(model=MODEL, contents="hello", config=config)
        same(raises(errors.ClientError, ask).code, 400, "code")

    return work


def models():
    same(len(list(gemini.models.list())), 4, "models")


run(
    "google-genai",
    {
        **{
            f"{prefix}{title}": make(client)
            for prefix, client in {"": gemini, "Vertex ": vertex}.items()
            for title, make in {
                "plain": plain,
                "streamed": streamed,
                "tool loop": tool_loop,
                "count": count,
                "embeddings": embeddings,
                "bad request": bad_request,
            }.items()
        },
        "models": models,
    },
)
