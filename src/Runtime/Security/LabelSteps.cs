using Rt.Kernel;
using Rt.Plan;

namespace Rt.Security;

/// <summary>
/// Tells a security module under which profile or label the program will run: what is written to a file of /proc/self/attr
/// holds from execve on. Opened and written in one step, since the kernel takes it from the opener alone, and only while it
/// still has the same credentials (proc_pid_attr_write in fs/proc/base.c).
/// </summary>
internal unsafe struct WriteAttribute : IStep
{
    public static StepKind Kind => StepKind.WriteAttribute;

    /// <summary>A path in the host's /proc, before the container's file systems are entered.</summary>
    public PlanText File;

    /// <summary>Where the file is on kernels that don't have it at <see cref="File"/>; null: nowhere.</summary>
    public PlanText OldFile;
    public PlanText Value;

    public readonly int Run(ref Execution run)
    {
        int file = Files.open(run.At(File), Files.O_WRONLY);
        if (file == -Errno.ENOENT && !OldFile.IsNull) file = Files.open(run.At(OldFile), Files.O_WRONLY);
        if (file < 0) return file;
        // A file that something else was mounted over would take the text and do nothing (CVE-2019-16884).
        nint result = Files.FileSystemType(file) == Files.PROC_SUPER_MAGIC
            ? Files.write(file, run.At(Value), Text.Length(run.At(Value)))
            : -Errno.ENODEV;
        Files.close(file);
        return (int)result;
    }

    public readonly StepDescription Describe(PlanReader plan) => new("write", plan.Text(File), ("value", plan.Text(Value)));

    public readonly string Word(PlanReader plan, int errno, string detail)
    {
        bool apparmor = !OldFile.IsNull;
        return $"write \"{plan.Text(Value)}\" to {plan.Text(File)}: {Errno.Describe(errno)}" + errno switch
        {
            Errno.ENOENT when apparmor => " (is the profile loaded?)",
            Errno.EINVAL when !apparmor => " (is the label one of the loaded policy?)",
            Errno.ENODEV => " (it is not on a procfs)",
            _ => "",
        };
    }
}
