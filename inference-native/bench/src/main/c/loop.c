// The loops of LlamaBench in C, against the same libraries, for comparison. LoopInC compiles and calls it.

#include <stdlib.h>

#include "llama.h"

struct loop {
    struct llama_model * model;
    struct llama_context * context;
    struct llama_sampler * greedy;
    struct llama_batch one;
    struct llama_batch many;
    llama_token token;
    int positions;
    int position;
};

struct loop * loop_open(const char * file, int positions, int tokens) {
    struct loop * l = calloc(1, sizeof(struct loop));
    l->model = llama_model_load_from_file(file, llama_model_default_params());
    if (!l->model) return NULL;
    struct llama_context_params p = llama_context_default_params();
    p.n_ctx = positions;
    p.n_batch = p.n_ubatch = tokens;
    p.n_seq_max = 1;
    p.n_outputs_max = 1;
    p.n_threads = p.n_threads_batch = 1;
    p.kv_unified = true;
    p.no_perf = false;
    l->context = llama_init_from_model(l->model, p);
    if (!l->context) return NULL;
    struct llama_sampler_chain_params chain = llama_sampler_chain_default_params();
    chain.no_perf = true;
    l->greedy = llama_sampler_chain_init(chain);
    llama_sampler_chain_add(l->greedy, llama_sampler_init_greedy());
    l->one = llama_batch_init(1, 0, 1);
    l->many = llama_batch_init(tokens, 0, 1);
    l->token = 300;
    l->positions = positions;
    return l;
}

void loop_close(struct loop * l) {
    llama_batch_free(l->one);
    llama_batch_free(l->many);
    llama_sampler_free(l->greedy);
    llama_free(l->context);
    llama_model_free(l->model);
    free(l);
}

// The sum keeps the compiler from leaving calls out.
long loop_calls(struct loop * l, int count) {
    long sum = 0;
    for (int i = 0; i < count; i++) sum += llama_n_ctx(l->context);
    return sum;
}

static void fill(struct llama_batch * b, llama_token token, int position, bool output) {
    int i = b->n_tokens++;
    b->token[i] = token;
    b->pos[i] = position;
    b->n_seq_id[i] = 1;
    b->seq_id[i][0] = 0;
    b->logits[i] = output;
}

int loop_tokens(struct loop * l, int count) {
    for (int i = 0; i < count; i++) {
        if (l->position == l->positions) {
            llama_memory_clear(llama_get_memory(l->context), false);
            l->position = 0;
        }
        l->one.n_tokens = 0;
        fill(&l->one, l->token, l->position++, true);
        int failed = llama_decode(l->context, l->one);
        if (failed) return failed;
        l->token = llama_sampler_sample(l->greedy, l->context, 0);
    }
    return 0;
}

int loop_batch(struct loop * l, int tokens) {
    llama_memory_clear(llama_get_memory(l->context), false);
    l->position = l->positions;
    l->many.n_tokens = 0;
    for (int i = 0; i < tokens; i++) fill(&l->many, 300 + i, i, i == tokens - 1);
    int failed = llama_decode(l->context, l->many);
    // As reading the answer would: wait until it is there.
    llama_synchronize(l->context);
    return failed;
}
