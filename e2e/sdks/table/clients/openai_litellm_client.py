import openai
from asks import answer
from openai_surfaces import chat_surfaces

client = openai.OpenAI(api_key="any", base_url="https://litellm.test/v1")
surfaces = chat_surfaces(client, "any-name")
answer("openai", {"openai": openai.__version__}, ["openai"], surfaces, at="LiteLLM")
