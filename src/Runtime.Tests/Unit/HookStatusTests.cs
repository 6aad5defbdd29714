using Rt.Hooks;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

[BeyondTheSpec("how a hook's end is told")]
public sealed class HookStatusTests
{
    public static TheoryData<int, string> Ends => new()
    {
        { HookStatus.Exited(0), "succeeded" },
        { HookStatus.Exited(1), "ended with exit status 1" },
        { HookStatus.Exited(255), "ended with exit status 255" },
        { HookStatus.Killed(9), "was killed by SIGKILL" },
        { HookStatus.Killed(64), "was killed by SIGRTMIN+30" },
        { HookStatus.TimedOut, "took longer than its timeout and was killed" },
        { HookStatus.NotExecuted(2), "can't be executed: no such file or directory" },
        { HookStatus.NotExecuted(8), "can't be executed: exec format error" },
        { HookStatus.Interrupted(15), "was killed, since rt was interrupted by SIGTERM" },
        { -12, "can't be run: cannot allocate memory" },
        { 12, "can't be run: cannot allocate memory" },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public void Each_end_has_words_of_its_own(int number, string words) => new HookStatus(number).Describe().Should().Be(words);

    [Theory]
    [InlineData("0 /a\nsaid\nmore\n", 0, "/a", "hook /a was killed by SIGTERM: said more")]
    [InlineData("12 /with space/a\n", 12, "/with space/a", "hook /with space/a was killed by SIGTERM")]
    [InlineData("3 /cut off", 3, "/cut off", "hook /cut off was killed by SIGTERM")]
    public void What_the_init_reports_has_index_path_and_last_words(string detail, int index, string path, string words)
    {
        HookFailure failure = HookFailure.Parse(detail, HookStatus.Killed(15));
        failure.Index.Should().Be(index);
        failure.Path.Should().Be(path);
        failure.Describe(failure.Path).Should().Be(words);
    }
}
