using Rt.Kernel;
using Rt.Launch;
using Rt.Security;
using Rt.Spec;

namespace Rt.Containers;

/// <summary>A bundle: a directory with a config.json and, usually, the root file system that this names.</summary>
/// <param name="Directory">Absolute, without symbolic links.</param>
internal sealed record Bundle(string Directory, Config Config)
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
            Config config = ConfigReader.Read(FileContent.Read(descriptor, ConfigReader.MaxSize, file));
            Validation.Check(config);
            return new Bundle(path, config);
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

    /// <summary>The plan for starting a container from it. Told with the file's name what does not fit.</summary>
    public LaunchPlan Compile(LaunchOptions options, Host host, SeccompCache seccomp)
    {
        try
        {
            return Compiler.Compile(Config, options, host, seccomp.Get);
        }
        catch (SpecException e)
        {
            throw new RtException($"{Directory}/config.json: {e.Message}");
        }
    }

    /// <summary>
    /// Makes sure that the root file system is a directory. A relative root.path may not go through symbolic links: the bundle
    /// may come from someone who is not to choose among the host's directories.
    /// </summary>
    public unsafe void CheckRoot()
    {
        int result;
        if (Path.IsPathRooted(Config.Root!.Path)) result = FileContent.TryOpen(RootPath, Files.O_PATH | Files.O_DIRECTORY | Files.O_NOFOLLOW);
        else
        {
            int bundle = FileContent.Open(Directory, Files.O_PATH | Files.O_DIRECTORY);
            fixed (byte* path = FileContent.Terminated(Config.Root.Path))
                result = Files.openat2(bundle, path, Files.O_PATH | Files.O_DIRECTORY, Files.RESOLVE_NO_SYMLINKS);
            Files.close(bundle);
        }

        if (result >= 0) Files.close(result);
        else throw new RtException($"root.path: root file system {RootPath}: {(result == -Errno.ELOOP || IsSymlink ? "is a symbolic link, or behind one" : Errno.Describe(-result))}");
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
