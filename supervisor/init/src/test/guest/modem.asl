/*
 * The switch of a cellular modem, as a ThinkPad's firmware has it: the kernel's own driver thinkpad_acpi makes a radio of the kind "wwan" of
 * it, for Debian's kernel has no such radio that is simulated. GWAN tells and SWAN sets: bit 0, a card is there; bit 1, its radio is on; bit 2,
 * on again after a sleep. Source: drivers/platform/x86/thinkpad_acpi.c of Linux, "WAN subdriver".
 */
DefinitionBlock ("", "SSDT", 2, "OMNI", "MODEM", 1)
{
    Scope (\_SB)
    {
        // That driver wants an embedded controller to be there, and asks this one nothing.
        Device (EC)
        {
            Name (_HID, EisaId ("PNP0C09"))
        }

        Device (HKEY)
        {
            Name (_HID, EisaId ("IBM0068"))
            Name (CARD, 3)
            // Whether its keys tell the system of what they do: the driver asks that, too.
            Name (KEYS, Zero)
            Method (MHKC, 1, NotSerialized)
            {
                KEYS = Arg0
            }

            Method (DHKC, 0, NotSerialized)
            {
                Return (KEYS)
            }

            Method (GWAN, 0, NotSerialized)
            {
                Return (CARD)
            }

            Method (SWAN, 1, NotSerialized)
            {
                CARD = ((Arg0 & 2) | 1)
            }
        }
    }
}
