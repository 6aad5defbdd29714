using Rt.Kernel;
using Rt.Plan;
using static Rt.Kernel.MountApi;

namespace Rt.Mounts;

/// <summary>
/// Changes what is mounted at a path already: the mount's own flags and, unless "bind" is asked for too, its file system's
/// options.
/// </summary>
internal unsafe struct Remount : IStep
{
    public static StepKind Kind => StepKind.Remount;

    public PlanText Target;
    public MountChanges Changes;

    /// <summary>Key, value, key, value...; a null value for a bare word.</summary>
    public PlanList Options;

    /// <summary>Whether the file system is to be asked as well, if only to become read-only or writable.</summary>
    public bool FileSystem;

    public readonly int Run(ref Execution run)
    {
        int mount = InRoot.Open(run[Slot.Root], run.At(Target));
        if (mount < 0) return mount;
        int result = FileSystem ? Reconfigure(ref run, mount) : 0;
        if (result >= 0) result = Changes.Apply(ref run, mount);
        Files.close(mount);
        return result;
    }

    private readonly int Reconfigure(ref Execution run, int mount)
    {
        int fs = fspick(mount);
        if (fs < 0) return fs;
        int result = 0;
        for (int i = 0; i < Options.Count && result >= 0; i += 2)
        {
            byte* key = run.At(Options, i), value = run.At(Options, i + 1);
            result = value == null ? fsconfig_flag(fs, key) : fsconfig_string(fs, key, value);
        }

        if (result >= 0) result = fsconfig_reconfigure(fs);
        if (result < 0) run.ExplainByLog(fs);
        Files.close(fs);
        return result;
    }

    public readonly StepDescription Describe(PlanReader plan) => new("remount", plan.Text(Target),
        ("attributes", MountWords.Attributes(Changes.Set, Changes.Clear)),
        ("recursively", MountWords.Attributes(Changes.RecursiveSet, Changes.RecursiveClear)),
        ("options", MountWords.Options(plan, Options)),
        ("propagation", MountWords.Propagation(plan.Numbers(Changes.Propagation))));
}
