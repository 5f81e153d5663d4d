import openai
from cases import MOCK_URL, check, raises, run
from openai_cases import chat_cases, hello_of

base_url = f"{MOCK_URL or 'https://openrouter.ai'}/api/v1"
client = openai.OpenAI(api_key="any", max_retries=0, base_url=base_url)
MODEL = "openai/gpt-4.1-mini"


def models():
    check(MODEL in [one.id for one in client.models.list()], "models")


def no_such_model():
    raises(openai.BadRequestError, lambda: client.chat.completions.create(**hello_of("nothing")))


cases = {**chat_cases(client, MODEL), "models": models, "no such model": no_such_model}
# The mock has no embeddings of OpenRouter.
del cases["embeddings"]
run("openai", cases, name="openai at OpenRouter")
