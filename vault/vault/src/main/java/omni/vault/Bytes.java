package omni.vault;

/** Bytes as a part of a record: two of them are never equal. Whoever gets the array leaves it as it is. */
final class Bytes {
    private final byte[] array;

    Bytes(byte[] array) {
        this.array = array;
    }

    byte[] array() {
        return array;
    }
}
