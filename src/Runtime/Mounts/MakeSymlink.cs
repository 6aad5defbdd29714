using Rt.Kernel;
using Rt.Plan;

namespace Rt.Mounts;

/// <summary>Makes a symbolic link in the container's root. One that is there already stays, unless it is to be replaced.</summary>
internal unsafe struct MakeSymlink : IStep
{
    public static StepKind Kind => StepKind.MakeSymlink;

    public PlanText Directory, Name, LinkTo;
    public bool Replace;

    /// <summary>The link is made only if this path is there (in the host's view); null: always.</summary>
    public PlanText OnlyIf;

    public int Run(ref Execution run)
    {
        if (!OnlyIf.IsNull)
        {
            int there = Files.open(run.At(OnlyIf), Files.O_PATH | Files.O_NOFOLLOW);
            if (there < 0) return 0;
            Files.close(there);
        }

        int directory = InRoot.OpenOrMake(run[Slot.Root], run.At(Directory), directory: true);
        if (directory < 0) return directory;
        int result = Files.symlinkat(run.At(LinkTo), directory, run.At(Name));
        if (result == -Errno.EEXIST)
        {
            result = Replace ? Files.unlinkat(directory, run.At(Name), 0) : 0;
            if (Replace && result >= 0) result = Files.symlinkat(run.At(LinkTo), directory, run.At(Name));
        }

        Files.close(directory);
        return result;
    }

    public readonly StepDescription Describe(PlanReader plan) =>
        new("symlink", $"{plan.Text(Directory)}/{plan.Text(Name)}", ("to", plan.Text(LinkTo)));
}
