package omni.role;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * One key of {@code omni.toml}: stands on a component of the record of a {@link Section}.
 *
 * <p>The key's name in the file is the component's name in snake case ({@code queueBytesMax} is
 * {@code queue_bytes_max}). Values are written here as they would be in the file, without quotes; a list is written with
 * commas.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Key {
    /** What the key does, in one or two sentences: a line of docs/configuration.md. */
    String doc();

    /** The value where the file does not name the key. */
    String def();

    /** What one of the number is ({@code bytes}, {@code tokens}); empty for durations, which carry their unit. */
    String unit() default "";

    /** Smallest number or duration allowed, or fewest characters or elements; empty for no bound. */
    String min() default "";

    /** Largest number or duration allowed, or most characters or elements; empty for the type's own. */
    String max() default "";
}
