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
        int file = Open(run.At(File));
        if (file == -Errno.ENOENT && !OldFile.IsNull) file = Open(run.At(OldFile));
        if (file < 0) return file;
        nint result = Files.FileSystemType(file) == Files.PROC_SUPER_MAGIC
            ? Files.write(file, run.At(Value), Text.Length(run.At(Value)))
            : -Errno.ENODEV;
        Files.close(file);
        return (int)result;
    }

    /// <summary>
    /// A file that something else was mounted over would take the text and do nothing (CVE-2019-16884), also another one of
    /// procfs (CVE-2025-52881): from /proc on, no mount is crossed.
    /// </summary>
    private static int Open(byte* path)
    {
        int proc;
        fixed (byte* name = "/proc\0"u8) proc = Files.open(name, Files.O_PATH | Files.O_DIRECTORY);
        if (proc < 0) return proc;
        int file = Files.openat2(proc, path + "/proc/".Length, Files.O_WRONLY, Files.RESOLVE_NO_XDEV | Files.RESOLVE_NO_MAGICLINKS);
        Files.close(proc);
        return file;
    }

    public readonly StepDescription Describe(PlanReader plan) => new("write", plan.Text(File), ("value", plan.Text(Value)));

    public readonly string Word(PlanReader plan, int errno, string detail)
    {
        bool apparmor = !OldFile.IsNull;
        string value = plan.Text(Value), file = plan.Text(File);
        string what = apparmor
            ? $"apparmor failed to apply profile \"{value[LabelCompiler.OnExec.Length..]}\": write {file}"
            : $"write \"{value}\" to {file}";
        return $"{what}: {Errno.Describe(errno)}" + errno switch
        {
            Errno.ENOENT when apparmor => " (is it loaded?)",
            Errno.EINVAL when !apparmor => " (is the label one of the loaded policy?)",
            Errno.ENODEV => " (it is not on a procfs)",
            _ => "",
        };
    }
}
