namespace Rt.Tests.Integration;

/// <summary>Programs for inside containers that busybox has not, made when first needed.</summary>
internal static class Tools
{
    private const string NotifySource = """
        #include <stdlib.h>
        #include <string.h>
        #include <sys/socket.h>
        #include <sys/un.h>
        #include <unistd.h>

        int main(int argc, char **argv)
        {
            struct sockaddr_un address = { .sun_family = AF_UNIX };
            int client = socket(AF_UNIX, SOCK_DGRAM, 0);
            strncpy(address.sun_path, getenv("NOTIFY_SOCKET"), sizeof(address.sun_path) - 1);
            return argc == 2 && sendto(client, argv[1], strlen(argv[1]), 0, (struct sockaddr *)&address, sizeof(address)) < 0;
        }
        """;

    private const string SessionKeyringSource = """
        #include <linux/keyctl.h>
        #include <stdio.h>
        #include <sys/syscall.h>
        #include <unistd.h>

        int main(void)
        {
            char description[256] = "";
            long length = syscall(SYS_keyctl, KEYCTL_DESCRIBE, KEY_SPEC_SESSION_KEYRING, description, sizeof(description) - 1);
            puts(description);
            return length < 0;
        }
        """;

    private static readonly Lazy<string> NotifyProgram = new(() => Compile("notify", NotifySource));

    private static readonly Lazy<string> SessionKeyringProgram = new(() => Compile("session-keyring", SessionKeyringSource));

    /// <summary>Prints the description of its session keyring (keyctl(2), KEYCTL_DESCRIBE).</summary>
    public static string SessionKeyring => SessionKeyringProgram.Value;

    /// <summary>Sends its argument to $NOTIFY_SOCKET, as systemd-notify(1) does.</summary>
    public static string Notify => NotifyProgram.Value;

    public static string Compile(string name, string source)
    {
        string file = Path.Combine(Repository.Root, "artifacts/test", name);
        File.WriteAllText(file + ".c", source);
        Command.Run("gcc", "-static", "-o", file, file + ".c").ShouldEndWith(0);
        return file;
    }
}
