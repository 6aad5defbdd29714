using System.Globalization;

namespace Rt.Containers;

/// <summary>
/// Names of the host's users. Read from /etc/passwd itself: getpwuid(3) would load shared libraries, which a static binary can't count on.
/// </summary>
internal static class UserNames
{
    /// <summary>"root" for 0; "#1000" if the user has no name.</summary>
    public static string Of(uint uid)
    {
        string number = uid.ToString(CultureInfo.InvariantCulture);
        try
        {
            foreach (string line in File.ReadLines("/etc/passwd"))
                if (line.Split(':') is [var name, _, var id, ..] && id == number)
                    return name;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.Debug($"names of users: {e.Message}");
        }

        return "#" + number;
    }
}
