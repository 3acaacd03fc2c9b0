"""Anthropic's own Python client against the daemon. Argument: its address; the key is in ANTHROPIC_API_KEY.

Prints one line of JSON with what it saw; the Java test looks at it.
"""

import json
import sys

import anthropic
from anthropic.types.beta import message_create_params as beta
from anthropic.types import message_create_params as plain
from anthropic.types import message_count_tokens_params as counting

client = anthropic.Anthropic(base_url=sys.argv[1], max_retries=0)
bearer = anthropic.Anthropic(base_url=sys.argv[1], max_retries=0, api_key=None, auth_token=client.api_key)
question = {
    "model": "omni-seed-f16",
    "max_tokens": 64,
    "messages": [{"role": "user", "content": "What is 7 plus 5?"}],
    "extra_body": {"temperature": 0},
}


def refusal(call):
    try:
        call()
        return None
    except anthropic.APIStatusError as e:
        return {"name": type(e).__name__, "status": e.status_code, "type": e.body["error"]["type"]}


message = client.messages.create(**question, system=[{"type": "text", "text": "You add."}])
with client.messages.stream(**question) as stream:
    pieces = list(stream.text_stream)
    streamed = stream.get_final_message()

print(
    json.dumps(
        {
            "answer": bearer.messages.create(**question).content[0].text,
            "message": message.model_dump(mode="json"),
            "pieces": pieces,
            "streamed": streamed.model_dump(mode="json"),
            "beta": client.beta.messages.create(**question).content[0].text,
            "counted": client.messages.count_tokens(model="omni-seed-f16", messages=question["messages"]).input_tokens,
            "models": [model.id for model in client.models.list()],
            "absent": refusal(lambda: client.messages.create(**question | {"model": "nowhere"})),
            "image": refusal(
                lambda: client.messages.create(
                    **question
                    | {
                        "messages": [
                            {
                                "role": "user",
                                "content": [
                                    {
                                        "type": "image",
                                        "source": {"type": "base64", "media_type": "image/png", "data": "aGk="},
                                    }
                                ],
                            }
                        ]
                    }
                )
            ),
            "fields": {
                "POST /v1/messages": sorted(
                    {*plain.MessageCreateParamsBase.__annotations__, *beta.MessageCreateParamsBase.__annotations__}
                    | {"stream"}
                ),
                "POST /v1/messages/count_tokens": sorted(counting.MessageCountTokensParams.__annotations__),
            },
        }
    )
)
