package omni.vault;

import java.util.List;

/**
 * What a check of the audit log has found.
 *
 * @param lines how many there were
 * @param newest the last of them; who keeps it elsewhere can tell later whether the log went on from here
 * @param problems a sentence each, at most {@value #PROBLEMS_MAX} and one that says that there are more
 */
record AuditReport(long lines, AuditHead newest, List<String> problems) {
    static final int PROBLEMS_MAX = 100;

    /** Whether it is whole, as far as could be told from what was known. */
    boolean holds() {
        return problems.isEmpty();
    }
}
