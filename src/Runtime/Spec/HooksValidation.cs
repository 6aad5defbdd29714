using static Rt.Spec.Validation;

namespace Rt.Spec;

/// <summary>Checks hooks.</summary>
internal static class HooksValidation
{
    public static void Check(Hooks hooks)
    {
        foreach (string kind in Hooks.Kinds)
        {
            List<Hook> list = hooks[kind];
            for (int i = 0; i < list.Count; i++)
            {
                string path = $"hooks.{kind}[{i}]";
                Require(list[i].Path.StartsWith('/'), $"{path}.path", $"\"{list[i].Path}\" must be an absolute path");
                Require(list[i].Timeout is null or > 0, $"{path}.timeout", $"{list[i].Timeout} is not more than 0 seconds");
            }
        }
    }
}
