/** How Omni's processes talk: Varlink over Unix stream sockets. */
@NullMarked
package omni.bus;

import org.jspecify.annotations.NullMarked;
