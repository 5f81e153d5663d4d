import openai
from cases import MOCK_URL, check, raises, run, same
from openai_cases import chat_cases, hello_of

# A gateway has no host that everybody knows; where its paths have no `/v1`, they tell it.
client = openai.OpenAI(api_key="any", max_retries=0, base_url=MOCK_URL or "https://litellm.test/v1")
MODEL = "any-name"


def models():
    check(len(list(client.models.list())) > 3, "no models")


def bad_request():
    ask = lambda: client.chat.completions.create(**hello_of(MODEL), temperature=3)
    error = raises(openai.BadRequestError, ask)
    same(error.code, "400", "code")
    check("litellm.BadRequestError" in error.message, error.message)


run(
    "openai",
    {**chat_cases(client, MODEL), "models": models, "bad request": bad_request},
    name="openai at LiteLLM",
)
