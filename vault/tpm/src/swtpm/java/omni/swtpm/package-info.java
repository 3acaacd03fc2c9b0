/** A TPM in software, swtpm(8), for the tests of whatever talks to one. */
@NullMarked
package omni.swtpm;

import org.jspecify.annotations.NullMarked;
