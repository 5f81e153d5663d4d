"""Anthropic's or OpenAI's SDK as a program uses it. Prints how often it asked, and the answer."""
import sys

asked = 0


def count(_request):
    global asked
    asked += 1


hooks = {"request": [count]}
messages = [{"role": "user", "content": "hello"}]
if sys.argv[1] == "openai":
    import httpx
    from openai import OpenAI

    client = OpenAI(api_key="key", http_client=httpx.Client(event_hooks=hooks))
    text = client.chat.completions.create(model="m", messages=messages).choices[0].message.content
else:
    import httpx2
    from anthropic import Anthropic

    client = Anthropic(api_key="key", http_client=httpx2.Client(event_hooks=hooks))
    text = client.messages.create(model="m", max_tokens=8, messages=messages).content[0].text
print(asked, text)
