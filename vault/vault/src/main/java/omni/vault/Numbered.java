package omni.vault;

/** What a row says, and the row's number, which a list goes on from even where the row is deleted meanwhile. */
record Numbered<T>(long number, T row) {}
