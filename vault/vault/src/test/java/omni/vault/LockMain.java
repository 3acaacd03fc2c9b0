package omni.vault;

/** Says whether this process may lock memory, and whether the memory is there and hidden all the same. */
final class LockMain {
    private LockMain() {}

    /** Is the process. */
    public static void main(String[] args) throws VaultException {
        try (SecretMemory memory = SecretMemory.of(1)) {
            memory.buffer().put((byte) 1);
            System.out.println(memory.isLocked() + " " + memory.isHidden());
        }
    }
}
