package omni.device;

import java.util.OptionalInt;

/**
 * Where the power comes from.
 *
 * @param source what feeds the machine now
 * @param batteryPercent how full the fullest battery is; absent where there is none
 * @param charging whether a battery is being charged
 */
public record Power(Source source, OptionalInt batteryPercent, boolean charging) {
    /** What feeds a machine. */
    public enum Source {
        /** The wall, by an adapter or by USB. */
        MAINS,
        /** A battery that runs down. */
        BATTERY,
        /** The machine does not say; a desktop or a board, as a rule. */
        UNKNOWN
    }
}
