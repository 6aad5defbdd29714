using Rt.Kernel;
using Rt.Shim;
using Rt.Spec;

namespace Rt.Containers;

/// <summary>
/// A container's state directory: state.json, config.json as it was at its creation, and the FIFO "gate" while it waits to be
/// started. Commands that change the container hold the directory's lock (flock); those that only look read state.json, which is
/// replaced as a whole.
/// </summary>
internal sealed unsafe class ContainerDirectory(string id, string path)
{
    private const int MaxStateSize = 8 << 20;

    /// <summary>How long a shim has to record an end that others have noticed as well.</summary>
    private const long RecordMilliseconds = 2_000;

    private int lockDescriptor = -1;

    public string Id => id;

    private string StateFile => path + "/state.json";
    private string DraftFile => path + "/state.json.draft";
    private string NewStateFile => path + "/state.json.new";
    private string NewDraftFile => DraftFile + ".new";
    private string ConfigFile => path + "/config.json";
    public string NotifyDirectory => path + "/notify";
    private string GateFile => path + "/gate";

    /// <summary>
    /// Waits for the lock; false if the container was deleted meanwhile. After <see cref="Unlock"/> it is still that of the same
    /// container: another that has its id by now does not count.
    /// </summary>
    public bool TryLock() => TryLock(Files.LOCK_EX);

    /// <summary>Takes the lock if no other command has it.</summary>
    public bool TryLockAtOnce() => TryLock(Files.LOCK_EX | Files.LOCK_NB);

    private bool TryLock(int operation)
    {
        if (lockDescriptor < 0)
        {
            int directory = FileContent.TryOpen(path, Files.O_RDONLY | Files.O_DIRECTORY);
            if (directory == -Errno.ENOENT) return false;
            lockDescriptor = (int)KernelException.Check(directory, $"open {path}");
        }

        int result = Files.flock(lockDescriptor, operation);
        if (result == -Errno.EAGAIN)
        {
            Close();
            return false;
        }

        KernelException.Check(result, $"lock {path}");
        return Statx.Of(lockDescriptor, out Statx stat) >= 0 && stat.Links > 0;
    }

    public void Lock()
    {
        if (!TryLock()) throw new RtException($"container does not exist: {id}");
    }

    /// <summary>Lets other commands at the container, until <see cref="TryLock()"/>.</summary>
    public void Unlock() => KernelException.Check(Files.flock(lockDescriptor, Files.LOCK_UN), $"unlock {path}");

    public void Close()
    {
        if (lockDescriptor >= 0) Files.close(lockDescriptor);
        lockDescriptor = -1;
    }

    /// <summary>
    /// Null: its creator died before writing any. If it died after letting the init go on, the draft is what holds.
    /// </summary>
    public ContainerState? TryRead()
    {
        ContainerState? state = TryRead(StateFile);
        return state is { Pid: 0 } && !IsLocked() ? TryRead(DraftFile) ?? TryRead(StateFile) : state;
    }

    private static ContainerState? TryRead(string path)
    {
        int file = FileContent.TryOpen(path, Files.O_RDONLY);
        if (file == -Errno.ENOENT) return null;
        KernelException.Check(file, $"open {path}");
        try
        {
            return ContainerState.FromJson(FileContent.Read(file, MaxStateSize, path));
        }
        catch (SpecException e)
        {
            throw new RtException($"{path}: {e.Message}");
        }
        finally
        {
            Files.close(file);
        }
    }

    /// <summary>Waits for a creation that is under way. One that was cut off has left no container.</summary>
    public ContainerState ReadWhenCreated()
    {
        ContainerState state = Read();
        if (state.Pid == 0)
        {
            Lock();
            Close();
            state = Read();
        }

        return state.Pid != 0 ? state : throw new RtException($"container {id} has stopped: its creation was cut off");
    }

    public ContainerState Read() => TryRead() ?? throw new RtException($"container does not exist: {id}");

    public void Write(ContainerState state) => FileContent.Replace(StateFile, state.ToJson(), 0x180); // 0600

    /// <summary>Prepares the next state, to be put in place by <see cref="CommitDraft"/>. It is whole or not there.</summary>
    public void WriteDraft(ContainerState state) => FileContent.Replace(DraftFile, state.ToJson(), 0x180);

    public void CommitDraft() => FileContent.Rename(DraftFile, StateFile);

    /// <summary>Keeps the configuration, for exec: what the bundle has by then does not count.</summary>
    public void WriteConfig(ReadOnlySpan<byte> document) => FileContent.WriteNew(ConfigFile, document, 0x180); // 0600

    public Config ReadConfig()
    {
        try
        {
            return ConfigReader.Read(FileContent.Read(ConfigFile, ConfigReader.MaxSize));
        }
        catch (SpecException e)
        {
            throw new RtException($"{ConfigFile}: {e.Message}");
        }
        catch (KernelException e) when (e.Errno == Errno.ENOENT)
        {
            throw new RtException($"container does not exist: {id}");
        }
    }

    /// <summary>
    /// Truth comes from the kernel: the init lives or not, its cgroup is frozen or not, and it waits at the gate as long as it
    /// holds the FIFO open.
    /// </summary>
    public ContainerStatus StatusOf(ContainerState state)
    {
        if (state.Pid == 0) return IsLocked() ? ContainerStatus.Creating : ContainerStatus.Stopped;
        if (!new InitProcess(state.Pid, state.StartTime).IsAlive) return ContainerStatus.Stopped;
        if (state.Cgroup.Exists && state.Cgroup.IsFrozen) return ContainerStatus.Paused;
        int gate = OpenGate();
        if (gate < 0) return ContainerStatus.Running;
        Files.close(gate);
        return ContainerStatus.Created;
    }

    /// <summary>Makes the start gate, held open from both ends; never blocks.</summary>
    public int MakeGate()
    {
        fixed (byte* name = FileContent.Terminated(GateFile))
            KernelException.Check(Files.mknodat(Files.AT_FDCWD, name, Files.S_IFIFO | 0x180, 0), $"create {GateFile}");
        return FileContent.Open(GateFile, Files.O_RDWR);
    }

    /// <summary>The gate's outer end for writing: -ENXIO if no init waits behind it, -ENOENT if it was opened before.</summary>
    public int OpenGate() => FileContent.TryOpen(GateFile, Files.O_WRONLY | Files.O_NONBLOCK);

    /// <summary>The gate's outer end for reading what the init has left there; never blocks.</summary>
    public int OpenGateForReading() => FileContent.Open(GateFile, Files.O_RDONLY | Files.O_NONBLOCK);

    public void RemoveGate() => FileContent.Remove(GateFile);

    /// <summary>See <see cref="ShimProcess.Prepare"/>.</summary>
    public ShimProcess PrepareShim(bool terminal, StdioMode stdio) => ShimProcess.Prepare(path, terminal, stdio);

    /// <summary>A descriptor of the shim's record of the end; -1: there is no shim.</summary>
    public int OpenExitRecord()
    {
        string file = $"{path}/{ShimFiles.ExitRecord}";
        int record = FileContent.TryOpen(file, Files.O_RDONLY);
        return record == -Errno.ENOENT ? -1 : (int)KernelException.Check(record, $"open {file}");
    }

    /// <summary>How a container that has stopped ended, if a shim was there to record it.</summary>
    public ExitStatus? ReadExit()
    {
        int record = OpenExitRecord();
        if (record < 0) return null;
        try
        {
            return ExitRecord.Await(record, RecordMilliseconds);
        }
        finally
        {
            Files.close(record);
        }
    }

    public LogReader OpenLog() => LogReader.TryOpen(path)
        ?? throw new RtException($"container {id} has no log: its output goes where its creator's went");

    /// <summary>A socket to the shim of a container with a terminal; -1: it has none, or no shim.</summary>
    public int ConnectToShim() =>
        File.Exists($"{path}/{ShimFiles.AttachSocket}") ? UnixSocket.Connect(path, ShimFiles.AttachSocket) : -1;

    /// <summary>Removes the directory and all that rt keeps in it.</summary>
    public void Remove()
    {
        foreach (string file in (ReadOnlySpan<string>)[StateFile, DraftFile, NewStateFile, NewDraftFile, ConfigFile, GateFile])
            FileContent.Remove(file);
        int result = FileContent.RemoveDirectory(path);
        if (result == -Errno.ENOTEMPTY)
        {
            NotifySocket.Remove(NotifyDirectory);
            foreach (string file in ShimFiles.All) FileContent.Remove($"{path}/{file}");
            result = FileContent.RemoveDirectory(path);
        }

        if (result is not -Errno.ENOENT) KernelException.Check(result, $"remove {path}");
    }

    /// <summary>Whether some command is at work on the container.</summary>
    private bool IsLocked()
    {
        if (lockDescriptor >= 0) return false;
        int directory = FileContent.TryOpen(path, Files.O_RDONLY | Files.O_DIRECTORY);
        if (directory < 0) return false;
        bool locked = Files.flock(directory, Files.LOCK_SH | Files.LOCK_NB) == -Errno.EAGAIN;
        Files.close(directory);
        return locked;
    }
}
