using System.Text;
using Rt.Cgroups;
using Rt.Spec;

namespace Rt.Containers;

/// <summary>A container's directories of cgroup v1, as its state keeps them.</summary>
internal static class LegacyJson
{
    public static string Write(IReadOnlyList<LegacyDirectory> directories)
    {
        StringBuilder text = new("[");
        foreach (LegacyDirectory directory in directories)
        {
            JsonText json = new();
            json.Add("controllers", directory.Controllers);
            json.Add("path", directory.Path);
            json.Add("identity", directory.Identity);
            text.Append(text.Length > 1 ? "," : "").Append(json);
        }

        return text.Append(']').ToString();
    }

    public static IReadOnlyList<LegacyDirectory> Read(ref JsonCursor json) => json.List(ReadOne);

    private static LegacyDirectory ReadOne(ref JsonCursor json)
    {
        LegacyDirectory directory = new("", "");
        if (!json.Object()) return directory;
        while (json.Property(out var name))
        {
            if (name.Is("controllers"u8)) directory = directory with { Controllers = json.String() };
            else if (name.Is("path"u8)) directory = directory with { Path = json.String() };
            else if (name.Is("identity"u8)) directory = directory with { Identity = json.UInt64() };
            else json.Skip();
        }

        return directory;
    }
}
