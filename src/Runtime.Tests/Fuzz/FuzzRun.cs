namespace Rt.Tests.Fuzz;

/// <summary>Many cases of one parser, on all processors.</summary>
internal sealed class FuzzRun
{
    /// <summary>
    /// Longer than that is a hang. Cases take microseconds; this leaves room for a machine that has other work as well.
    /// </summary>
    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(20);

    /// <summary>Less than what a program's first thread has: nothing may need more, however deep its input is.</summary>
    private const int StackSize = 1 << 20;

    private readonly FuzzTarget target;
    private readonly ulong seed;
    private readonly int end;
    private readonly Worker[] workers;
    private int next;
    private volatile Exception? failure;

    private FuzzRun(FuzzTarget target, ulong seed, int first, int end)
    {
        this.target = target;
        this.seed = seed;
        this.end = end;
        next = first - 1;
        workers = [.. Enumerable.Range(0, Math.Min(Environment.ProcessorCount, end - first)).Select(_ => new Worker())];
    }

    /// <exception cref="FuzzFailure">The first case that went wrong.</exception>
    public static FuzzTotals Of(FuzzTarget target, ulong seed, int first, int count) =>
        new FuzzRun(target, seed, first, first + count).Run();

    private FuzzTotals Run()
    {
        Thread[] threads = Array.ConvertAll(workers, worker => new Thread(() => Work(worker), StackSize) { IsBackground = true });
        Array.ForEach(threads, thread => thread.Start());
        while (failure == null && !Array.TrueForAll(threads, thread => thread.Join(100))) Array.ForEach(workers, Watch);
        return failure == null ? workers.Aggregate(new FuzzTotals(), (sum, worker) => sum.With(worker.Totals)) : throw failure;
    }

    private void Work(Worker worker)
    {
        try
        {
            for (int number; failure == null && (number = Interlocked.Increment(ref next)) < end;)
            {
                worker.Begin(number);
                worker.Totals = worker.Totals.With(new FuzzCase(target, seed, number).Run());
            }
        }
        catch (Exception e)
        {
            failure ??= e;
        }
        finally
        {
            worker.End();
        }
    }

    /// <summary>A thread can't be stopped: one that hangs is left alone until the tests end.</summary>
    private void Watch(Worker worker)
    {
        if (worker.Current is not var (number, since) || Environment.TickCount64 - since < MaxTime.TotalMilliseconds) return;
        FuzzCase which = new(target, seed, number);
        failure ??= new FuzzFailure(which, which.Input(), $"it has been at work for {MaxTime.TotalSeconds} seconds");
    }

    private sealed class Worker
    {
        private readonly Lock access = new();
        private (int Number, long Since)? current;

        public FuzzTotals Totals { get; set; }

        public (int Number, long Since)? Current
        {
            get
            {
                lock (access) return current;
            }
        }

        public void Begin(int number)
        {
            lock (access) current = (number, Environment.TickCount64);
        }

        public void End()
        {
            lock (access) current = null;
        }
    }
}

/// <summary>What came of many cases.</summary>
internal readonly record struct FuzzTotals(int Accepted, int Refused, TimeSpan Slowest, long MostAllocated)
{
    public FuzzTotals With(FuzzOutcome one) =>
        With(new FuzzTotals(one.Accepted ? 1 : 0, one.Accepted ? 0 : 1, one.Time, one.Allocated));

    public FuzzTotals With(FuzzTotals other) => new(Accepted + other.Accepted, Refused + other.Refused,
        Slowest > other.Slowest ? Slowest : other.Slowest, Math.Max(MostAllocated, other.MostAllocated));

    /// <summary>A line of the table under fuzz.sh's heading.</summary>
    public string Row(string parser) => FormattableString.Invariant(
        $"{parser,-24}{Accepted + Refused,10}{Refused,10}{Accepted,10}{Slowest.TotalMilliseconds,13:0.0}{MostAllocated / 1024,10}");
}
