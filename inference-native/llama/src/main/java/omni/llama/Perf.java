package omni.llama;

/**
 * What a context did since it was made or last reset ({@code llama_perf_context_data}).
 *
 * @param promptMillis time in batches of more than one token, in milliseconds
 * @param promptTokens tokens of such batches
 * @param evalMillis time in batches of one token, in milliseconds
 * @param evalTokens tokens of such batches
 * @param graphsReused how often the compute graph of the call before could be used again
 */
public record Perf(double promptMillis, int promptTokens, double evalMillis, int evalTokens, int graphsReused) {}
