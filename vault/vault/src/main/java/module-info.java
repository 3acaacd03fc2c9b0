/** The role that holds the owner's keys, and what was written and told: sealed until a person unlocks it. */
module omni.vault {
    requires transitive omni.bus;
    requires transitive omni.role;
    requires omni.tpm;
    requires com.google.crypto.tink;
    requires java.management;
    requires java.sql;
    requires jdk.management;
    requires jdk.net;
    requires org.apache.commons.codec; // by JGit, as org.slf4j below
    requires org.bouncycastle.provider;
    requires org.eclipse.jgit;
    requires org.slf4j; // by JGit, which has no module file to say so
    requires org.xerial.sqlitejdbc;
    requires tools.jackson.databind;
    requires static org.jspecify;

    exports omni.vault;

    opens omni.vault to
            omni.role;

    provides omni.role.Role with
            omni.vault.VaultRole;
}
