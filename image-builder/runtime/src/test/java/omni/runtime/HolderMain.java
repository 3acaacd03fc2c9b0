package omni.runtime;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** Holds a text on its heap, as a role does without any of a role's protection: the control of who looks. */
final class HolderMain {
    private HolderMain() {}

    /** Is the process: reads the text, says so, and waits for the end of its input. */
    public static void main(String[] args) throws IOException {
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        String held = String.valueOf(in.readLine());
        System.out.println("holding");
        System.out.flush();
        String after = in.readLine();
        System.out.println(held.length() + " " + after);
    }
}
