package omni.device;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Asks a Mac for its Metal devices, through the Objective-C runtime, and for its processors, through {@code sysctl}. Runs
 * in a process of its own. Sources: Apple, "Objective-C Runtime" ({@code objc_msgSend}), "MTLDevice" and "MTLGPUFamily";
 * {@code sysctlbyname(3)}, "Determining system capabilities".
 */
final class AppleReader {
    private static final int DEVICES_MAX = 16;
    private static final int TEXT_BYTES = 256;

    /** {@code MTLGPUFamilyApple1} is 1001; M1 is Apple7, M2 Apple8, M3 Apple9, M4 Apple10. */
    private static final int FAMILY_APPLE = 1000;

    private static final int FAMILY_NEWEST = 15;

    private static final Linker LINKER = Linker.nativeLinker();

    private final Arena arena;
    private final SymbolLookup objc;
    private final SymbolLookup metal;

    private AppleReader(Arena arena, String objc, String metal) {
        this.arena = arena;
        this.objc = SymbolLookup.libraryLookup(objc, arena);
        this.metal = SymbolLookup.libraryLookup(metal, arena);
    }

    static void read(String objc, String metal, ObjectNode answer) throws DriverRefused {
        try (Arena arena = Arena.ofConfined()) {
            AppleReader reader = new AppleReader(arena, objc, metal);
            reader.processors(answer);
            reader.devices(answer.putArray("gpus"));
        } catch (IllegalArgumentException e) {
            throw new DriverRefused(false, "Metal or the Objective-C runtime does not load: " + e.getMessage());
        }
    }

    private void devices(ArrayNode gpus) throws DriverRefused {
        MemorySegment devices = call(metal, "MTLCopyAllDevices", FunctionDescriptor.of(ADDRESS));
        if (devices.address() == 0) {
            throw new DriverRefused(true, "Metal finds no GPU.");
        }
        long count = Math.min(toLong(devices, "count"), DEVICES_MAX);
        for (long index = 0; index < count; index++) {
            MemorySegment device = (MemorySegment) send(
                    FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS, JAVA_LONG),
                    devices,
                    selector("objectAtIndex:"),
                    index);
            ObjectNode gpu = gpus.addObject();
            gpu.put("name", string(toAddress(device, "name")));
            gpu.put("workingSet", toLong(device, "recommendedMaxWorkingSetSize"));
            gpu.put("allocated", toLong(device, "currentAllocatedSize"));
            gpu.put("unified", toBoolean(device, "hasUnifiedMemory"));
            gpu.put("family", family(device));
        }
    }

    private String family(MemorySegment device) {
        for (int family = FAMILY_NEWEST; family > 0; family--) {
            Object supports = send(
                    FunctionDescriptor.of(JAVA_BYTE, ADDRESS, ADDRESS, JAVA_LONG),
                    device,
                    selector("supportsFamily:"),
                    (long) FAMILY_APPLE + family);
            if ((byte) supports != 0) {
                return "Apple" + family;
            }
        }
        return "";
    }

    private void processors(ObjectNode answer) {
        answer.put("processor", text("machdep.cpu.brand_string"));
        long performance = number("hw.perflevel0.physicalcpu")
                .orElseGet(() -> number("hw.physicalcpu").orElse(0));
        answer.put("performanceCores", performance);
        answer.put("efficiencyCores", number("hw.perflevel1.physicalcpu").orElse(0));
        answer.put("memory", number("hw.memsize").orElse(0));
        ArrayNode features = answer.putArray("features");
        feature(features, "hw.optional.neon", "neon");
        feature(features, "hw.optional.arm.FEAT_DotProd", "dotprod");
        feature(features, "hw.optional.arm.FEAT_I8MM", "i8mm");
        feature(features, "hw.optional.arm.FEAT_BF16", "bf16");
        feature(features, "hw.optional.arm.FEAT_SME", "sme");
    }

    private void feature(ArrayNode features, String key, String name) {
        if (number(key).orElse(0) != 0) {
            features.add(name);
        }
    }

    /** Returns a number of {@code sysctl}, which has four or eight bytes. */
    private OptionalLong number(String key) {
        MemorySegment value = arena.allocate(JAVA_LONG);
        long bytes = sysctl(key, value);
        return bytes == Long.BYTES
                ? OptionalLong.of(value.get(JAVA_LONG, 0))
                : bytes == Integer.BYTES ? OptionalLong.of(value.get(JAVA_INT, 0)) : OptionalLong.empty();
    }

    private String text(String key) {
        MemorySegment value = arena.allocate(TEXT_BYTES);
        return sysctl(key, value) > 0 ? CudaReader.text(value) : "";
    }

    /** Returns how many bytes were written, 0 where there is no such key. */
    private long sysctl(String key, MemorySegment value) {
        MemorySegment size = arena.allocate(JAVA_LONG);
        size.set(JAVA_LONG, 0, value.byteSize());
        FunctionDescriptor type = FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG);
        // It is in the C library, which the Objective-C runtime stands on.
        SymbolLookup both =
                name -> objc.find(name).or(() -> LINKER.defaultLookup().find(name));
        Object result = invoke(
                both.findOrThrow("sysctlbyname"), type, arena.allocateFrom(key), value, size, MemorySegment.NULL, 0L);
        return (int) result == 0 ? size.get(JAVA_LONG, 0) : 0;
    }

    private MemorySegment selector(String name) {
        FunctionDescriptor type = FunctionDescriptor.of(ADDRESS, ADDRESS);
        return (MemorySegment) invoke(objc.findOrThrow("sel_registerName"), type, arena.allocateFrom(name));
    }

    private long toLong(MemorySegment receiver, String selector) {
        return (long) send(FunctionDescriptor.of(JAVA_LONG, ADDRESS, ADDRESS), receiver, selector(selector));
    }

    private boolean toBoolean(MemorySegment receiver, String selector) {
        return (byte) send(FunctionDescriptor.of(JAVA_BYTE, ADDRESS, ADDRESS), receiver, selector(selector)) != 0;
    }

    private MemorySegment toAddress(MemorySegment receiver, String selector) {
        return (MemorySegment) send(FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS), receiver, selector(selector));
    }

    /** Returns the text of an {@code NSString}. */
    private String string(MemorySegment nsString) {
        if (nsString.address() == 0) {
            return "";
        }
        MemorySegment text = toAddress(nsString, "UTF8String");
        return text.address() == 0 ? "" : text.reinterpret(TEXT_BYTES).getString(0, StandardCharsets.UTF_8);
    }

    /** {@code objc_msgSend} is called with the type of the method it leads to, never with variable arguments. */
    private Object send(FunctionDescriptor type, Object... arguments) {
        return invoke(objc.findOrThrow("objc_msgSend"), type, arguments);
    }

    private static MemorySegment call(SymbolLookup library, String name, FunctionDescriptor type) {
        return (MemorySegment) invoke(library.findOrThrow(name), type);
    }

    private static Object invoke(MemorySegment function, FunctionDescriptor type, Object... arguments) {
        return Downcall.invoke(LINKER.downcallHandle(function, type), arguments);
    }
}
