import os

from cases import ANSWER, CITY, DESCRIPTION, ECHO, MOCK_URL, QUESTION, RESULT, TOOL, check, check_pieces, run, same
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import StructuredTool
from langchain_openai import ChatOpenAI

COMMON = {"api_key": "any", "max_retries": 0}
AT_ANTHROPIC = {**COMMON, "model": "claude-sonnet-5-5", **({"base_url": MOCK_URL} if MOCK_URL else {})}
AT_OPENAI = {**COMMON, "model": "gpt-4.1-mini", **({"base_url": f"{MOCK_URL}/v1"} if MOCK_URL else {})}
MODELS = {
    "anthropic": lambda **more: ChatAnthropic(**{**AT_ANTHROPIC, **more}),
    "openai, chat": lambda **more: ChatOpenAI(**{**AT_OPENAI, **more}),
    "openai, responses": lambda **more: ChatOpenAI(**{**AT_OPENAI, "use_responses_api": True, **more}),
}


def weather_of(city: str) -> str:
    return RESULT


GET_WEATHER = StructuredTool.from_function(weather_of, name=TOOL, description=DESCRIPTION)


def text_of(message):
    content = getattr(message, "content", message)
    return content if isinstance(content, str) else "".join(block.get("text", "") for block in content)


def agent_answer(model):
    """The agent that the package langchain makes of a model and tools; each major has another."""
    if os.environ.get("SDK_WHICH") != "previous":
        from langchain.agents import create_agent

        agent = create_agent(model, [GET_WEATHER])
        return text_of(agent.invoke({"messages": [HumanMessage(QUESTION)]})["messages"][-1])
    from langchain.agents import AgentExecutor, create_tool_calling_agent
    from langchain_core.prompts import ChatPromptTemplate

    prompt = ChatPromptTemplate.from_messages([("human", "{input}"), ("placeholder", "{agent_scratchpad}")])
    agent = create_tool_calling_agent(model, [GET_WEATHER], prompt)
    return text_of(AgentExecutor(agent=agent, tools=[GET_WEATHER]).invoke({"input": QUESTION})["output"])


def plain(model_for):
    def work():
        message = model_for().invoke("hello")
        check(text_of(message).startswith(ECHO), message)
        check(message.usage_metadata["input_tokens"] > 0, message.usage_metadata)

    return work


def streamed(model_for):
    def work():
        pieces = [text_of(chunk) for chunk in model_for().stream("hello")]
        check_pieces([piece for piece in pieces if piece])

    return work


def tool_loop(model_for):
    def work():
        model = model_for().bind_tools([GET_WEATHER])
        first = model.invoke([HumanMessage(QUESTION)])
        call = first.tool_calls[0]
        same((call["name"], call["args"]), (TOOL, CITY), "call")
        result = ToolMessage(RESULT, tool_call_id=call["id"])
        same(text_of(model.invoke([HumanMessage(QUESTION), first, result])), ANSWER, "answer")

    return work


def tool_streamed(model_for):
    def work():
        whole = None
        for chunk in model_for().bind_tools([GET_WEATHER]).stream([HumanMessage(QUESTION)]):
            whole = chunk if whole is None else whole + chunk
        same(whole.tool_calls[0]["args"], CITY, "args")

    return work


def agent(model_for):
    def work():
        same(agent_answer(model_for()), ANSWER, "answer")

    return work


def no_such_model(model_for):
    def work():
        try:
            model_for(model="nothing").invoke("hello")
        except Exception as error:
            same(getattr(error, "status_code", None), 404, f"{type(error).__name__}: {error}")
            return
        raise AssertionError("nothing was raised")

    return work


run(
    "langchain",
    {
        f"{name}: {title}": make(model_for)
        for name, model_for in MODELS.items()
        for title, make in {
            "plain": plain,
            "streamed": streamed,
            "tool loop": tool_loop,
            "tool streamed": tool_streamed,
            "agent": agent,
            "no such model": no_such_model,
        }.items()
    },
)
