/** Chat templates: the part of Jinja that models carry in their files. */
@NullMarked
package omni.template;

import org.jspecify.annotations.NullMarked;
