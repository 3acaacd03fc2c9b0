/** Measurements of servers that speak OpenAI's API. */
module omni.measure {
    requires java.management;
    requires java.net.http;
    requires transitive tools.jackson.databind;
    requires static org.jspecify;

    exports omni.measure;
}
