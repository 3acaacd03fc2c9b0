"""Writes a GGUF model of the shape of Qwen2-0.5B with random weights, in F16.

    make_model.py SEED_MODEL OUTPUT

The tokenizer and the chat template are the seed model's; its vocabulary is padded to Qwen2's 151,936 tokens, so that the
output layer costs what it costs there. Needs PyPI's gguf. The weights are slices of one block of random numbers.
"""
import sys

import gguf
import numpy as np

LAYERS, WIDTH, HEADS, KV_HEADS, FEED_FORWARD, VOCABULARY = 24, 896, 14, 2, 4864, 151_936
CONTEXT = 4096
NORMAL = 1  # llama_token_type: an unused token would have no text, and no chunk to time


def strings(reader, key):
    field = reader.fields[key]
    return [bytes(field.parts[i]).decode("utf-8") for i in field.data]


def number(reader, key):
    field = reader.fields[key]
    return int(field.parts[field.data[0]][0])


def tokenizer(seed, writer):
    tokens = strings(seed, "tokenizer.ggml.tokens")
    field = seed.fields["tokenizer.ggml.token_type"]
    types = [int(field.parts[i][0]) for i in field.data]
    padding = range(len(tokens), VOCABULARY)
    writer.add_tokenizer_model(strings(seed, "tokenizer.ggml.model")[0])
    writer.add_tokenizer_pre(strings(seed, "tokenizer.ggml.pre")[0])
    writer.add_token_list(tokens + [f"[PAD{i}]" for i in padding])
    writer.add_token_types(types + [NORMAL for _ in padding])
    writer.add_token_merges(strings(seed, "tokenizer.ggml.merges"))
    writer.add_eos_token_id(number(seed, "tokenizer.ggml.eos_token_id"))
    writer.add_add_bos_token(False)
    writer.add_chat_template(strings(seed, "tokenizer.chat_template")[0])


def main(seed_path, output):
    seed = gguf.GGUFReader(seed_path)
    writer = gguf.GGUFWriter(output, "qwen2")
    writer.add_name("random 0.5B shape")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_rope_freq_base(1e6)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    tokenizer(seed, writer)

    random = np.random.default_rng(1)
    block = (random.standard_normal(VOCABULARY * WIDTH, dtype=np.float32) * 0.02).astype(np.float16)
    used = 0

    def weights(*shape):
        nonlocal used
        size = int(np.prod(shape))
        start = used % (block.size - size + 1)
        used += size + 977
        return block[start : start + size].reshape(shape)

    kv_width = WIDTH // HEADS * KV_HEADS
    writer.add_tensor("token_embd.weight", weights(VOCABULARY, WIDTH))
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, dtype=np.float32))
    for layer in range(LAYERS):
        name = f"blk.{layer}."
        for norm in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"{name}{norm}.weight", np.ones(WIDTH, dtype=np.float32))
        for part, rows in (("q", WIDTH), ("k", kv_width), ("v", kv_width)):
            writer.add_tensor(f"{name}attn_{part}.weight", weights(rows, WIDTH))
            writer.add_tensor(f"{name}attn_{part}.bias", np.zeros(rows, dtype=np.float32))
        writer.add_tensor(f"{name}attn_output.weight", weights(WIDTH, WIDTH))
        writer.add_tensor(f"{name}ffn_gate.weight", weights(FEED_FORWARD, WIDTH))
        writer.add_tensor(f"{name}ffn_up.weight", weights(FEED_FORWARD, WIDTH))
        writer.add_tensor(f"{name}ffn_down.weight", weights(WIDTH, FEED_FORWARD))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
