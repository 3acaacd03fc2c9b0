"""Ollama's own Python client against the daemon. Argument: its address; the key is in OLLAMA_API_KEY.

Prints one line of JSON with what it saw; the Java test looks at it.
"""

import json
import sys

from ollama import Client, ResponseError
from ollama._types import (
    ChatRequest,
    DeleteRequest,
    EmbedRequest,
    EmbeddingsRequest,
    GenerateRequest,
    Message,
    Options,
    PullRequest,
)
from pydantic import BaseModel, Field

client = Client(host=sys.argv[1])
question = [{"role": "user", "content": "What is 7 plus 5?"}]
cold = {"temperature": 0}


class Sum(BaseModel):
    sum: int = Field(ge=0, le=99)


def refusal(call):
    try:
        call()
        return None
    except ResponseError as e:
        return {"status": e.status_code, "error": e.error}


chat = client.chat("omni-seed-f16", question, options=cold)
parts = list(client.chat("omni-seed-f16", question, options=cold, stream=True, logprobs=True, top_logprobs=2))
form = client.chat("omni-seed-f16", question, options=cold, format=Sum.model_json_schema())
embedded = client.embed("omni-seed-f16", ["Mara lives in Oslo.", "A bird."])



def names():
    return [model.model for model in client.list().models]


before = names()
pulled = [part.model_dump(exclude_none=True) for part in client.pull("acme/other:1b", stream=True)]
then = names()
assert client.delete("acme/other:1b").status == "success"

print(
    json.dumps(
        {
            "chat": chat.model_dump(),
            "pieces": [part.message.content for part in parts],
            "last": parts[-1].model_dump(),
            "logprobs": [len(one.top_logprobs) for part in parts for one in part.logprobs or []],
            "generated": client.generate("omni-seed-f16", "What is 7 plus 5?", options=cold).response,
            "raw": client.generate("omni-seed-f16", "What is", raw=True, options=cold | {"num_predict": 3}).eval_count,
            "form": Sum.model_validate_json(form.message.content).sum,
            "dimensions": [len(vector) for vector in embedded.embeddings],
            "former": len(client.embeddings("omni-seed-f16", "Mara lives in Oslo.").embedding),
            "loaded": client.generate("omni-seed-f16").done_reason,
            "running": [model.model for model in client.ps().models],
            "list": before,
            "pulled": pulled,
            "then": then,
            "afterwards": names(),
            "capabilities": client.show("omni-seed-f16").capabilities,
            "absent": refusal(lambda: client.chat("nowhere", question)),
            "fields": {
                "POST /api/chat": sorted(ChatRequest.model_fields),
                "POST /api/generate": sorted(GenerateRequest.model_fields),
                "POST /api/embed": sorted(EmbedRequest.model_fields),
                "POST /api/embeddings": sorted(EmbeddingsRequest.model_fields),
                "POST /api/pull": sorted(PullRequest.model_fields),
                "DELETE /api/delete": sorted(DeleteRequest.model_fields),
                "Ollama's options": sorted(Options.model_fields),
                "Ollama's messages": sorted(Message.model_fields),
            },
        }
    )
)
