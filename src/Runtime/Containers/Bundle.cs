using Rt.Kernel;
using Rt.Launch;
using Rt.Security;
using Rt.Spec;

namespace Rt.Containers;

/// <summary>A bundle: a directory with a config.json and, usually, the root file system that this names.</summary>
/// <param name="Directory">Absolute, without symbolic links.</param>
/// <param name="Document">config.json as it stands there.</param>
internal sealed record Bundle(string Directory, Config Config, byte[] Document)
{
    public string RootPath => Path.Combine(Directory, Config.Root!.Path);

    /// <summary>Reads and checks config.json. Nothing else of the host is touched.</summary>
    public static Bundle Load(string directory)
    {
        string path = RealPath(directory.Length == 0 ? "." : directory);
        string file = $"{path}/config.json";
        int descriptor = FileContent.TryOpen(file, Files.O_RDONLY | Files.O_NONBLOCK);
        if (descriptor == -Errno.ENOENT) throw new RtException($"JSON specification file {file} not found");
        KernelException.Check(descriptor, $"open {file}");
        try
        {
            byte[] document = FileContent.Read(descriptor, ConfigReader.MaxSize, file);
            Config config = ConfigReader.Read(document);
            Validation.Check(config);
            return new Bundle(path, config, document);
        }
        catch (SpecException e)
        {
            throw new RtException($"{file}: {e.Message}");
        }
        finally
        {
            Files.close(descriptor);
        }
    }

    /// <summary>The plan for starting a container from it.</summary>
    public LaunchPlan Compile(LaunchOptions options, Host host, SeccompCache seccomp)
    {
        LaunchPlan? plan = null;
        InFile(() => plan = Compiler.Compile(Config, options, host, seccomp.Get));
        return plan!;
    }

    /// <summary>
    /// Checks what only the host can tell: that the root file system is there, reached as the init will reach it, whose
    /// namespaces are joined, and which security modules are enabled.
    /// </summary>
    public unsafe void CheckHost()
    {
        InFile(() => Namespaces.HostNamespaces.Check(Config));
        InFile(() => SecurityModules.Check(Config));
        if (!Config.Linux.HasNamespace("mount") && Path.GetFullPath(RootPath) == "/")
            throw new RtException(
                $"{Directory}/config.json: root.path: would hide the host's root: without a mount namespace it can't be /");
        int result;
        fixed (byte* bundle = FileContent.Terminated(Directory), path = FileContent.Terminated(Config.Root!.Path))
            result = Mounts.OpenRoot.Open(Path.IsPathRooted(Config.Root.Path) ? null : bundle, path);
        if (result >= 0) Files.close(result);
        else
            throw new RtException($"root.path: root file system {RootPath}: "
                + (result == -Errno.ELOOP || IsSymlink ? "is a symbolic link, or behind one" : Errno.Describe(-result)));
    }

    /// <summary>Names the file in what is wrong with the configuration.</summary>
    public void InFile(Action action)
    {
        try
        {
            action();
        }
        catch (SpecException e)
        {
            throw new RtException($"{Directory}/config.json: {e.Message}");
        }
    }

    private bool IsSymlink => new FileInfo(RootPath).LinkTarget != null;

    /// <summary>The directory's path as the kernel has it, free of symbolic links.</summary>
    private static unsafe string RealPath(string directory)
    {
        int descriptor = FileContent.TryOpen(directory, Files.O_PATH | Files.O_DIRECTORY);
        KernelException.Check(descriptor, $"open bundle {directory}");
        byte* link = stackalloc byte[32];
        Text.FormatProcSelfFd(link, descriptor);
        byte[] path = new byte[4096];
        fixed (byte* room = path)
        {
            nint length = Files.readlinkat(Files.AT_FDCWD, link, room, path.Length);
            Files.close(descriptor);
            return System.Text.Encoding.UTF8.GetString(path, 0, (int)KernelException.Check(length, $"resolve bundle {directory}"));
        }
    }
}
