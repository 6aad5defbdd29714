using Rt.Kernel;

namespace Rt.Namespaces;

/// <summary>Settings of the host by which its administrator keeps ordinary users from user namespaces, and what to say of them.</summary>
internal static class UserNamespaceLimits
{
    private static readonly (string Name, string Value, string Words)[] Settings =
    [
        ("user/max_user_namespaces", "0", "no user namespaces are allowed"),
        ("kernel/unprivileged_userns_clone", "0", "ordinary users may make no user namespaces"), // Debian's, Ubuntu's
        ("kernel/apparmor_restrict_unprivileged_userns", "1", // Ubuntu's, since 23.10
            "AppArmor takes all privileges from user namespaces of programs without a profile that has \"userns,\""),
    ];

    /// <summary>
    /// " (kernel.NAME is VALUE: what that means)", or "" if none of them is in the way, or the caller is the host's root.
    /// </summary>
    public static string Hint()
    {
        bool ordinary = Processes.geteuid() != 0 || Credentials.InUserNamespace();
        return ordinary ? Hint(name => FileContent.TryReadText($"/proc/sys/{name}")) : "";
    }

    /// <param name="read">Gives the text of a file below /proc/sys; null if there is none.</param>
    internal static string Hint(Func<string, string?> read)
    {
        foreach ((string name, string value, string words) in Settings)
            if (read(name)?.TrimEnd() == value)
                return $" ({name.Replace('/', '.')} is {value}: {words})";
        return "";
    }
}
