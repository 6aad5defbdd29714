using Rt.Kernel;
using Rt.Plan;
using Rt.Spec;

namespace Rt.Mounts;

/// <summary>
/// linux.mountLabel: the SELinux context that files get in the file systems which the plan makes anew. Bind mounts keep the
/// labels of their source.
/// </summary>
internal static class MountLabel
{
    /// <summary>Which option sets it, by an annotation of crun's; see mount(8) for how they differ.</summary>
    private const string TypeAnnotation = Annotations.MountContextType;

    /// <summary>The mount option, or null if no label is asked for.</summary>
    public static (string Key, string? Value)? Option(Config config)
    {
        if (config.Linux.MountLabel.Length == 0) return null;
        string type = config.Annotations.GetValueOrDefault(TypeAnnotation, "context");
        if (!IsContext(type))
            throw new SpecException($"annotations.{TypeAnnotation}", $"\"{type}\" is none of context, fscontext, defcontext, rootcontext");
        return (type, config.Linux.MountLabel);
    }

    /// <summary>
    /// Whether a mount of this type takes the label as an option. procfs, sysfs and cgroups are labelled by the policy alone. An
    /// mqueue may be in use without the option by another container in the same ipc namespace, so that its root is labelled
    /// instead (<see cref="LabelMount"/>). All this is as runc does it.
    /// </summary>
    public static bool IsOption(string type) => type is not ("proc" or "sysfs" or "cgroup2" or "mqueue");

    /// <summary>
    /// Takes the quotes from the labels among a mount's own options, where config.json has them as mount(2) wants them;
    /// fsconfig(2) takes labels as they are. True if there is one.
    /// </summary>
    public static bool Unquote(List<(string Key, string? Value)> options)
    {
        bool any = false;
        for (int i = 0; i < options.Count; i++)
        {
            if (!IsContext(options[i].Key)) continue;
            options[i] = (options[i].Key, options[i].Value?.Trim('"'));
            any = true;
        }

        return any;
    }

    private static bool IsContext(string option) => option is "context" or "fscontext" or "defcontext" or "rootcontext";
}

/// <summary>Labels the root of a mount that can't take the label as an option.</summary>
internal unsafe struct LabelMount : IStep
{
    public static StepKind Kind => StepKind.LabelMount;

    public PlanText Target, Label;

    public readonly int Run(ref Execution run)
    {
        int mount = InRoot.Open(run[Slot.Root], run.At(Target));
        if (mount < 0) return mount;
        byte* path = stackalloc byte[32];
        Text.FormatProcSelfFd(path, mount); // an O_PATH descriptor has no attributes of its own
        int result;
        fixed (byte* name = "security.selinux\0"u8) result = Files.setxattr(path, name, run.At(Label), Text.Length(run.At(Label)));
        Files.close(mount);
        return result;
    }

    public readonly StepDescription Describe(PlanReader plan) => new("label", plan.Text(Target), ("selinux", plan.Text(Label)));
}
