package omni.bus;

/** The interface org.varlink.service, which every server has. Source: varlink.org/Service. */
final class VarlinkService {
    static final String NAME = "org.varlink.service";
    static final String INVALID_PARAMETER = NAME + ".InvalidParameter";
    static final String EXPECTED_MORE = NAME + ".ExpectedMore";

    private VarlinkService() {}
}
