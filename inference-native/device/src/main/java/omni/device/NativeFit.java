package omni.device;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whether one kind of native libraries can compute here, where it comes from, and why so.
 *
 * @param kind what computes
 * @param build where libraries of this kind come from for this machine
 * @param why in a sentence or two
 */
public record NativeFit(Kind kind, Build build, String why) {
    /** What computes, the fastest kind first. */
    public enum Kind {
        CUDA,
        METAL,
        VULKAN,
        CPU;

        /** Returns the name that packages and folders have: {@code cuda} and so on. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Where libraries come from. */
    public enum Build {
        /** A published package. */
        PACKAGE,
        /** The recipe that builds them from the release's source. */
        SOURCE,
        /** Nowhere: this kind cannot compute here. */
        NONE
    }

    /** The packages are built against this: Debian 12, Ubuntu 22.04, Fedora 35. */
    private static final int GLIBC_MAJOR = 2;

    private static final int GLIBC_MINOR_MIN = 34;

    private static final Pattern GLIBC = Pattern.compile("glibc (\\d+)\\.(\\d+)");

    /** Returns whether libraries of this kind can compute here. */
    public boolean fits() {
        return build != Build.NONE;
    }

    /** Returns every kind that there is for such an operating system, the fastest first; the processor's is the last. */
    static List<NativeFit> of(Report report) {
        List<NativeFit> fits = new ArrayList<>();
        if (report.apple() instanceof Finding.Found<Apple>) {
            fits.add(new NativeFit(
                    Kind.METAL,
                    Build.SOURCE,
                    "No package with Metal is pinned at this release; the recipe builds it."));
            fits.add(new NativeFit(Kind.CPU, Build.SOURCE, "No package for macOS is pinned at this release."));
            return List.copyOf(fits);
        }
        Optional<String> noPackage = noPackage(report);
        fits.add(packaged(CudaFit.of(report), noPackage));
        fits.add(packaged(vulkan(report), noPackage));
        fits.add(packaged(
                new NativeFit(
                        Kind.CPU,
                        Build.PACKAGE,
                        "The package has code for " + report.cpu().architecture() + " of every generation."),
                noPackage));
        return List.copyOf(fits);
    }

    private static NativeFit vulkan(Report report) {
        return switch (report.libraries().vulkan()) {
            case Finding.Found<String>(String drivers) ->
                report.cpu().architecture().equals("x86_64")
                        ? new NativeFit(Kind.VULKAN, Build.PACKAGE, "Drivers: " + drivers + ".")
                        : new NativeFit(Kind.VULKAN, Build.SOURCE, "No package has Vulkan for arm64.");
            case Finding.Absent<String>(String why) -> new NativeFit(Kind.VULKAN, Build.NONE, why);
            case Finding.Failed<String>(String why) -> new NativeFit(Kind.VULKAN, Build.NONE, why);
        };
    }

    /** Returns why no package at all runs on this machine; empty where packages do. */
    private static Optional<String> noPackage(Report report) {
        String architecture = report.cpu().architecture();
        if (!architecture.equals("x86_64") && !architecture.equals("aarch64")) {
            return Optional.of("There is no package for " + architecture + ".");
        }
        String libc = report.libraries().libc();
        if (libc.equals("musl")) {
            return Optional.of("The packages need glibc 2.34 or newer, and this system has musl.");
        }
        Matcher glibc = GLIBC.matcher(libc);
        boolean old = glibc.matches()
                && Integer.parseInt(glibc.group(1)) == GLIBC_MAJOR
                && Integer.parseInt(glibc.group(2)) < GLIBC_MINOR_MIN;
        return old
                ? Optional.of("The packages need glibc 2.34 or newer, and this system has " + libc + ".")
                : Optional.empty();
    }

    private static NativeFit packaged(NativeFit fit, Optional<String> noPackage) {
        return fit.build == Build.PACKAGE && noPackage.isPresent()
                ? new NativeFit(fit.kind, Build.SOURCE, noPackage.get() + " The recipe builds it from source.")
                : fit;
    }
}
