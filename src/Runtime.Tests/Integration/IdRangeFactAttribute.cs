namespace Rt.Tests.Integration;

/// <summary>A test with ranges of ids for an ordinary user. Skipped, with the reason, without the programs that give them.</summary>
public sealed class IdRangeFactAttribute : FactAttribute
{
    public IdRangeFactAttribute()
    {
        foreach (string program in (string[])["newuidmap", "newgidmap"])
            if (!File.Exists("/usr/bin/" + program))
                Skip = $"{program} is not installed (package uidmap)";
    }
}
