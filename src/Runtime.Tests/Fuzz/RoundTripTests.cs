using FsCheck;
using FsCheck.Fluent;
using Rt.Cgroups;
using Rt.Containers;
using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Fuzz;

/// <summary>What holds for every value of a kind.</summary>
[BeyondTheSpec("properties of conversions and formats, for values that a generator makes")]
public sealed class RoundTripTests
{
    private static readonly FsCheck.Config Settings = FsCheck.Config.QuickThrowOnFailure.WithMaxTest(500);

    private static Gen<string> Text { get; } = Gen.OneOf(Gen.Elements(Strange.Texts.Where(text => !text.Contains('\0'))),
        ArbMap.Default.GeneratorFor<NonEmptyString>().Select(text => new string([.. text.Get.Where(c => c != 0 && !char.IsSurrogate(c))])));

    private static Gen<SortedDictionary<string, string>> Map { get; } =
        from keys in Text.ListOf()
        from values in Text.ListOf(keys.Count)
        select new SortedDictionary<string, string>(keys.Zip(values).DistinctBy(pair => pair.First).ToDictionary(pair => pair.First, pair =>
            pair.Second),
            StringComparer.Ordinal);

    private static Gen<ContainerState> States { get; } =
        from texts in Text.ListOf(7)
        from pid in Gen.Choose(0, int.MaxValue)
        from number in ArbMap.Default.GeneratorFor<ulong>().Select(number => number | 1)
        from ticks in Gen.Choose(0, int.MaxValue)
        from annotations in Map
        from args in Text.ListOf()
        from flag in Gen.Elements(true, false)
        select new ContainerState
        {
            Id = texts[0], OciVersion = texts[1], Bundle = texts[2], Rootfs = texts[3],
                Created = new DateTime(2026, 11, 21, 0, 0, 0, DateTimeKind.Utc).AddTicks(ticks),
            Owner = (uint)pid, Pid = pid, StartTime = number, Resctrl = texts[4], RootUnder = number, OwnPidNamespace = flag,
                NoNewKeyring = !flag,
            Cgroup = new ContainerCgroup { Unified = "/none/" + texts[5], Identity = number, Unit = texts[6], OfUser = flag,
                Legacy = [new LegacyDirectory(texts[6], "/none/" + texts[5], number)] },
            Annotations = annotations,
            Hooks = new Spec.Hooks { Poststop = [new Hook { Path = texts[2], Args = [.. args], Timeout = flag ? pid : null }] },
        };

    [Fact]
    public void A_state_is_read_as_it_was_written() => Check(States, state =>
    {
        ContainerState read = ContainerState.FromJson(state.ToJson());
        (read with { Cgroup = state.Cgroup, Hooks = state.Hooks, Annotations = state.Annotations }).Should().Be(state);
        (read.Cgroup with { Legacy = state.Cgroup.Legacy }).Should().Be(state.Cgroup);
        read.Cgroup.Legacy.Should().Equal(state.Cgroup.Legacy);
        read.Annotations.Should().Equal(state.Annotations);
        read.Hooks.Poststop.Single().Args.Should().Equal(state.Hooks.Poststop.Single().Args);
        read.ToJson().Should().Equal(state.ToJson());
    });

    [Fact]
    public void A_list_of_numbers_is_read_as_it_was_written() => Check(Gen.Choose(0, NumberList.Max - 1).NonEmptyListOf(), numbers =>
    {
        ulong[] bits = NumberList.Parse(string.Join(',', numbers))!;
        Enumerable.Range(0, bits.Length * 64).Where(number => (bits[number / 64] >> number % 64 & 1) != 0)
            .Should().Equal(numbers.Distinct().Order());
    });

    [Fact]
    public void Both_readers_of_lists_find_the_same_members() => Check(Gen.Choose(0, NumberList.Max - 1).Two().ListOf(), pairs =>
    {
        // In the kernel's order, with nothing twice.
        SortedSet<int> members = [.. pairs.SelectMany(pair =>
            Enumerable.Range(Math.Min(pair.Item1, pair.Item2), Math.Abs(pair.Item1 - pair.Item2) % 100 + 1))];
        string list = string.Join(',', members);
        StatsText.List(list).Select(member => (int)member).Should().Equal(members);
    });

    [Fact]
    public void More_shares_are_never_less_weight() => Check(Gen.Choose(0, 300_000).Two(), pair =>
    {
        (int less, int more) = (Math.Min(pair.Item1, pair.Item2), Math.Max(pair.Item1, pair.Item2));
        UnifiedLimits.Weight((ulong)less).Should().BeLessThanOrEqualTo(UnifiedLimits.Weight((ulong)more)).And.BeInRange(1, 10_000);
        UnifiedLimits.IOWeight(less % 1001).Should().BeInRange(1, 10_000);
        if (more <= 1000) UnifiedLimits.IOWeight(less).Should().BeLessThanOrEqualTo(UnifiedLimits.IOWeight(more));
    });

    [Fact]
    public void A_quota_is_never_rounded_down() => Check(
        from quota in Gen.Choose(1000, int.MaxValue)
        from period in Gen.Choose(1000, 1_000_000)
        select (quota, period), one =>
    {
        CpuMax limit = CpuMax.Parse($"{one.quota} {one.period}")!.Value;
        ulong percent = ((ulong)one.period / 100) + 1;
        limit.Rounded().Quota.Should().BeInRange((ulong)one.quota, (ulong)one.quota + percent);
        CpuMax.Parse(limit.ToString()).Should().Be(limit);
    });

    /// <summary>FsCheck makes a failing value smaller and prints the seed that it came from.</summary>
    private static void Check<T>(Gen<T> values, Action<T> holds) => Prop.ForAll(Arb.From(values), holds).Check(Settings);
}
