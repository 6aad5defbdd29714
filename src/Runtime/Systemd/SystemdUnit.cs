using Rt.Kernel;

namespace Rt.Systemd;

/// <summary>
/// A unit, by way of its systemd (org.freedesktop.systemd1(5)). For one command: all that is asked of it must be done in
/// <see cref="Patience"/>.
/// </summary>
/// <exception cref="RtException">
/// From every method: systemd refuses, fails or does not answer, or a signal came by which a user or a supervisor gives up. What
/// systemd has begun by then may still come about: <see cref="Stop"/> makes sure that nothing is left.
/// </exception>
internal sealed class SystemdUnit : IDisposable
{
    /// <summary>Milliseconds, as long as runc waits for a job.</summary>
    public const long Patience = 30_000;

    internal const string Service = "org.freedesktop.systemd1", Object = "/org/freedesktop/systemd1",
        Manager = "org.freedesktop.systemd1.Manager";

    private const string UnitExists = "org.freedesktop.systemd1.UnitExists", NoSuchUnit = "org.freedesktop.systemd1.NoSuchUnit";

    /// <summary>How a job ends that did what it was to do.</summary>
    private const string Done = "done";

    /// <summary>What a new job does to one that the unit has already.</summary>
    private const string Replace = "replace";

    private readonly string name;
    private readonly BusConnection connection;

    /// <summary>By object path, how those of the unit's jobs ended that have.</summary>
    private readonly Dictionary<string, string> endedJobs = [];

    /// <summary>Systemd's own name on the bus, where anybody may send signals. Null: it is not asked for signals yet.</summary>
    private string? systemd;

    internal SystemdUnit(string name, BusConnection connection)
    {
        this.name = name;
        this.connection = connection;
        connection.OnSignal = NoteEndOfJob;
    }

    /// <param name="user">The user's own systemd instead of the system's.</param>
    /// <param name="interruptions"><see cref="SignalInbox.OpenInterruptions"/>; -1: no signal ends the wait.</param>
    public static SystemdUnit Open(string name, bool user, int interruptions = -1) =>
        new(name, SystemdSocket.Find(user).Open(new Deadline(Patience, interruptions)));

    public void Dispose() => connection.Dispose();

    /// <summary>
    /// Whether <see cref="Start"/> has asked for the unit and systemd has not refused: it may come about, or has. A unit of that
    /// name is somebody else's otherwise.
    /// </summary>
    public bool MayHaveStarted { get; private set; }

    /// <summary>Makes the unit, a scope, with a process in it. When this returns, the process is in the scope's cgroup.</summary>
    /// <param name="properties">All but PIDs.</param>
    public void Start(IReadOnlyList<UnitProperty> properties, int pid) => Do("start", () =>
    {
        UnitProperty process = new("PIDs", new BusArray("u", [BusValue.Of((uint)pid)]));
        BusCall call = StartCall(Known([.. properties, process]));
        string result;
        try
        {
            result = StartJob(call);
        }
        catch (BusErrorException e) when (e.Name == UnitExists)
        {
            // One that failed stays until it is reset. One that runs is not harmed by that.
            ResetFailed();
            result = StartJob(call);
        }

        if (result == Done) return;
        ResetFailed();
        throw new RtException($"its job ended with \"{result}\"");
    });

    /// <summary>Has systemd forget that the unit failed, if it did: it stays for that long. None of that name is as good.</summary>
    public void Forget() => Do("reset", ResetFailed);

    /// <summary>Stops the unit and waits until it has; none of that name is as good. A failed one is forgotten.</summary>
    public void Stop() => Do("stop", () =>
    {
        try
        {
            BusWriter arguments = new();
            arguments.String(name);
            arguments.String(Replace);
            string result = Job(Call("StopUnit", "ss", arguments));
            if (result != Done) Log.Warn($"stop systemd unit {name}: its job ended with \"{result}\"");
        }
        catch (BusErrorException e) when (e.Name == NoSuchUnit)
        {
            return;
        }

        ResetFailed();
    });

    /// <summary>Gives the unit, which runs, other properties, until it is stopped.</summary>
    public void Set(IReadOnlyList<UnitProperty> properties) => Do("update", () =>
    {
        IReadOnlyList<UnitProperty> settable = Known([.. properties.Where(property => !property.AtStartOnly)]);
        if (settable.Count == 0) return;
        BusWriter arguments = new();
        arguments.String(name);
        arguments.UInt32(1); // runtime: not beyond a restart of the host
        Write(settable, arguments);
        connection.Call(Call("SetUnitProperties", "sba(sv)", arguments));
    });

    /// <summary>
    /// Moves a process into the unit's cgroup, which the caller may not be allowed to himself: a user's own systemd has that of
    /// the host do it, if the process is his.
    /// </summary>
    public void Attach(int pid) => Do("join", () =>
    {
        BusWriter arguments = new();
        arguments.String(name);
        arguments.String(""); // no cgroup below the unit's
        BusWriter.ArrayPlace pids = arguments.BeginArray((byte)'u');
        arguments.UInt32((uint)pid);
        arguments.EndArray(pids);
        connection.Call(Call("AttachProcessesToUnit", "ssau", arguments));
    });

    /// <summary>Without those that are too new for this systemd, which would refuse all of them.</summary>
    private IReadOnlyList<UnitProperty> Known(IReadOnlyList<UnitProperty> properties)
    {
        if (properties.All(property => property.Since == 0)) return properties;
        int version = SystemdVersion.Number(SystemdVersion.Ask(connection));
        return [.. properties.Where(property => property.Since <= version)];
    }

    private string StartJob(BusCall call)
    {
        MayHaveStarted = true;
        try
        {
            return Job(call);
        }
        catch (BusErrorException)
        {
            MayHaveStarted = false;
            throw;
        }
    }

    private BusCall StartCall(IReadOnlyList<UnitProperty> properties)
    {
        BusWriter arguments = new();
        arguments.String(name);
        arguments.String(Replace);
        Write(properties, arguments);
        arguments.EndArray(arguments.BeginArray((byte)'(')); // other units to be made with it
        return Call("StartTransientUnit", "ssa(sv)a(sa(sv))", arguments);
    }

    private static void Write(IReadOnlyList<UnitProperty> properties, BusWriter arguments)
    {
        BusWriter.ArrayPlace array = arguments.BeginArray((byte)'(');
        foreach (UnitProperty property in properties)
        {
            arguments.Align(8);
            arguments.String(property.Name);
            arguments.Variant(property.Value);
        }

        arguments.EndArray(array);
    }

    private void ResetFailed()
    {
        BusWriter arguments = new();
        arguments.String(name);
        try
        {
            connection.Call(Call("ResetFailedUnit", "s", arguments));
        }
        catch (BusErrorException e) when (e.Name == NoSuchUnit)
        {
            // It is gone, as it is to be.
        }
    }

    /// <summary>
    /// Makes a call that begins a job, waits for the job's end and returns how it ended. The end may be told before the call is
    /// answered.
    /// </summary>
    private string Job(BusCall call)
    {
        uint subscription = systemd == null ? PostSubscription() : 0;
        uint posted = connection.Post(call);
        if (subscription != 0) systemd = connection.AwaitReply(subscription).Sender;
        string job = connection.AwaitReply(posted).Read("o").ObjectPath();
        string? result;
        while (!endedJobs.Remove(job, out result)) connection.Next();
        return result;
    }

    /// <summary>Has the ends of the unit's jobs told. To be told of those of a call, it must be posted before that.</summary>
    private uint PostSubscription()
    {
        connection.PostMatch($"type='signal',sender='{Service}',path='{Object}',interface='{Manager}',member='JobRemoved',arg2='{name}'");
        return connection.Post(Call("Subscribe"));
    }

    private void NoteEndOfJob(BusMessage signal)
    {
        if (systemd == null || signal.Sender != systemd || signal.Interface != Manager || signal.Member != "JobRemoved") return;
        BusReader reader = signal.Read("uoss");
        reader.UInt32();
        string job = reader.ObjectPath();
        if (reader.String() == name) endedJobs[job] = reader.String();
    }

    private static BusCall Call(string member, string signature = "", BusWriter? arguments = null) =>
        new(Service, Object, Manager, member, signature, arguments);

    private void Do(string operation, Action act)
    {
        try
        {
            act();
        }
        catch (Exception e) when (e is BusErrorException or TimeoutException or RtException or KernelException)
        {
            throw new RtException($"{operation} systemd unit {name}: {e.Message}");
        }
        catch (BusFormatException e)
        {
            throw new RtException($"{operation} systemd unit {name}: what came over D-Bus is malformed: {e.Message}");
        }
    }
}
