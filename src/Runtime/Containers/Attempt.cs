using Rt.Kernel;
using Rt.Spec;

namespace Rt.Containers;

/// <summary>Parts of an undoing: one that fails keeps neither the others from being done nor the first error from being told.</summary>
internal static class Attempt
{
    public static void To(string what, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is RtException or KernelException or SpecException or IOException)
        {
            Log.Warn($"{what}: {e.Message}");
        }
    }
}
