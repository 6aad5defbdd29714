namespace Rt.Tests.Integration;

internal static class ContainerUse
{
    /// <summary>For tests of one expression.</summary>
    public static void Use(this Container container, Action<Container> action)
    {
        using (container) action(container);
    }
}
