using Rt.Kernel;
using Rt.Plan;

namespace Rt.Namespaces;

/// <summary>A namespace that the container joins, found by its path in the runtime's mount namespace.</summary>
internal sealed record NamespaceOpening(Slot Slot, string Path, string Origin) : Opening(Slot, Origin)
{
    public override int Open()
    {
        int file = FileContent.TryOpen(Path, Files.O_RDONLY | Files.O_NONBLOCK);
        return file >= 0 ? file : throw new RtException($"{Origin}.path: open {Path}: {Errno.Describe(-file)}");
    }

    public override StepDescription? Describe() => null;
}
